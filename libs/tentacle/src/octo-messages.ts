import {
  type Blocked,
  type Capabilities,
  type Launch,
  type OutputLine,
  type ScriptEnd,
  type ScriptLimits,
  type ScriptStatus,
} from '@octo/kernel';
import { type IncomingStream } from '@octo/halibut';
import { startFiles } from './launch-files.ts';
import { Reading } from './reading.ts';

// The messages of IOctoAgentV1: the kernel's Session, member by member. Lines travel as columns, so that a page of many
// short ones is not mostly names.
const SOURCE = { StdOut: 'o', StdErr: 'e', Debug: 'd' } as const;
const SOURCE_OF: Readonly<Record<string, OutputLine['source']>> = { o: 'StdOut', e: 'StdErr', d: 'Debug' };

export function writeOctoStatus(status: ScriptStatus): object {
  const { lines } = status;
  return {
    State: status.state,
    Next: status.next,
    Texts: lines.map((line) => line.text),
    Sources: lines.map((line) => SOURCE[line.source]).join(''),
    Times: lines.map((line) => BigInt(Math.round(line.atMs))),
    Cut: lines.flatMap((line, at) => (line.continues ? [at] : [])),
    ...(status.state === 'Complete' && { End: status.end, ExitCode: status.exitCode, Detail: status.detail }),
    ...(status.state === 'Pending' && status.blocked && { Blocked: blockedOut(status.blocked) }),
  };
}

export function readOctoStatus(value: unknown): ScriptStatus {
  const it = new Reading(value, 'the status of a script');
  const page = { lines: readLines(it), next: it.text('Next') ?? '' };
  const state = it.text('State');
  if (state === 'Running') return { ...page, state };
  if (state === 'Pending') {
    const blocked = it.get('Blocked') === undefined ? undefined : blockedIn(it.inside('Blocked'));
    return { ...page, state, ...(blocked && { blocked }) };
  }
  const detail = it.text('Detail');
  const end = (it.text('End') ?? 'unknown') as ScriptEnd; // ours at both ends
  return {
    ...page,
    state: 'Complete',
    end,
    exitCode: it.number('ExitCode') ?? 0,
    ...(detail !== undefined && { detail }),
  };
}

function readLines(it: Reading): readonly OutputLine[] {
  const sources = it.text('Sources') ?? '';
  const times = it.list('Times');
  const cut = new Set(it.list('Cut').map(Number));
  return it.texts('Texts').map((text, at) => ({
    source: SOURCE_OF[sources[at] ?? 'o'] ?? 'StdOut',
    atMs: Number(times[at] ?? 0),
    text,
    ...(cut.has(at) && { continues: true }),
  }));
}

function blockedOut({ mutex, byTasks, forMs, limitMs }: Blocked): object {
  return { Mutex: mutex, ByTasks: byTasks, ForMs: forMs, LimitMs: limitMs };
}
function blockedIn(it: Reading): Blocked {
  const limitMs = it.number('LimitMs');
  const limit = limitMs === undefined ? {} : { limitMs };
  return { mutex: it.text('Mutex') ?? '', byTasks: it.texts('ByTasks'), forMs: it.number('ForMs') ?? 0, ...limit };
}

export function writeOctoStart(ticket: string, launch: Launch): object {
  const { taskId, body, isolation, limits, fence } = launch;
  const secrets = new Set((launch.files ?? []).filter((file) => file.secret).map((file) => file.name));
  return {
    Ticket: ticket,
    TaskId: taskId,
    Bash: body.bash,
    PowerShell: body.powershell,
    Arguments: launch.arguments ?? [],
    Exclusive: isolation.exclusive,
    Mutex: isolation.mutex,
    MutexTimeoutMs: isolation.timeoutMs,
    TimeMs: limits?.timeMs,
    OutputBytes: limits?.outputBytes,
    DiskBytes: limits?.diskBytes,
    Fence: fence,
    Files: startFiles(launch).map(({ name, contents }, at) => ({
      Name: name,
      IsSecret: secrets.has(name),
      Sha256: launch.files?.[at]?.content.sha256,
      Contents: contents,
    })),
  };
}

export function readOctoStart(
  value: unknown,
  signal: AbortSignal,
): { readonly ticket: string; readonly launch: Launch } {
  const it = new Reading(value, 'a start');
  const [bash, powershell] = [it.text('Bash'), it.text('PowerShell')];
  const [timeoutMs, fence] = [it.number('MutexTimeoutMs'), it.number('Fence')];
  const limits = limitsIn(it);
  const launch: Launch = {
    taskId: it.text('TaskId') ?? '',
    body: { ...(bash !== undefined && { bash }), ...(powershell !== undefined && { powershell }) },
    arguments: it.texts('Arguments'),
    isolation: {
      exclusive: it.flag('Exclusive'),
      mutex: it.text('Mutex') ?? 'RunningScript',
      ...(timeoutMs !== undefined && { timeoutMs }),
    },
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(fence !== undefined && { fence }),
    files: it.list('Files').map((file) => fileIn(new Reading(file, 'a file of a start'), signal)),
  };
  return { ticket: it.text('Ticket') ?? '', launch };
}

function limitsIn(it: Reading): ScriptLimits {
  const [timeMs, outputBytes, diskBytes] = [it.number('TimeMs'), it.number('OutputBytes'), it.number('DiskBytes')];
  return {
    ...(timeMs !== undefined && { timeMs }),
    ...(outputBytes !== undefined && { outputBytes }),
    ...(diskBytes !== undefined && { diskBytes }),
  };
}

function fileIn(it: Reading, signal: AbortSignal) {
  const stream = it.get('Contents') as IncomingStream; // the contract says so
  const sha256 = it.text('Sha256');
  return {
    name: it.text('Name') ?? '',
    secret: it.flag('IsSecret'),
    content: {
      sizeBytes: stream.lengthBytes,
      ...(sha256 !== undefined && { sha256 }),
      open: () => stream.read(signal),
    },
  };
}

export function writeOctoCapabilities(it: Capabilities): object {
  return {
    Agent: it.agent,
    Shells: it.shells,
    Node: it.node,
    Platform: it.platform,
    Limits: it.limits ?? false,
    ScriptsRunAs: it.scriptsRunAs,
  };
}

export function readOctoCapabilities(value: unknown): Capabilities {
  const it = new Reading(value, 'capabilities');
  const optional = { node: it.text('Node'), platform: it.text('Platform'), scriptsRunAs: it.text('ScriptsRunAs') };
  const { node, platform, scriptsRunAs } = optional;
  return {
    agent: it.text('Agent') ?? 'octo agent',
    startsOnce: true,
    shells: it.texts('Shells').filter((shell) => shell === 'bash' || shell === 'powershell'),
    limits: it.flag('Limits'),
    ...(node !== undefined && { node }),
    ...(platform !== undefined && { platform }),
    ...(scriptsRunAs !== undefined && { scriptsRunAs }),
  };
}
