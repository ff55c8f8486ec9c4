import {
  type ActivityLog,
  type Capabilities,
  ConflictError,
  type Launch,
  type OutputLine,
  type Session,
} from '@octo/kernel';
import { OutputParser, type OutputResult, type ShownLine, VariableSet } from '@octo/variables';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeLaunch } from '../bootstrap/launch.ts';
import { type HealthStatus, type Worker } from '../model/worker.ts';
import { type HealthPolicy } from './policy.ts';
import { bashProbe, factIn, powershellProbe, type Probed, probedFrom } from './probe.ts';

export interface HealthScript {
  readonly session: Session;
  readonly worker: Worker;
  readonly policy: HealthPolicy;
  readonly capabilities: Capabilities;
  readonly taskId: string;
  readonly ticket: string;
  readonly log: ActivityLog;
  /** Present: tools are looked for, and that is when. */
  readonly toolsAtMs?: number;
}
export interface ScriptVerdict {
  readonly health: HealthStatus;
  readonly statusSummary: string;
  readonly probed: Probed;
}

/** R90: what a health script calls. */
const BASH_FUNCTIONS = String.raw`
echo_warning() { write_warning "$*"; }
echo_error() { __octo_in_mode error "$*"; }
fail_healthcheck() { echo_error "@{1:-The health script failed the check}"; fail_step "@{1:-The health script failed the check}"; }
`.replaceAll('@{', '${');
const POWERSHELL_FUNCTIONS = `
function Fail-HealthCheck([string] $Reason = 'The health script failed the check') { Fail-Step $Reason }
`;
/** Nobody has this one to himself, so that nobody waits (R97). One name for all: machines keep a folder for each. */
const BESIDE = { exclusive: false, mutex: 'octo health' } as const;
const CANCEL_MS = 10_000;
const WAIT_MS = 15_000;

/**
 * Run the policy's script and look around on the machine, in one start. It takes no turn that a deployment waits for or
 * holds (R97). Rejects with the signal's reason, after it has asked the machine to stop it.
 */
export async function runHealthScript(it: HealthScript, signal: AbortSignal): Promise<ScriptVerdict> {
  const { session, ticket } = it;
  const reading = new Reading(it.log, it.toolsAtMs);
  const ref = { ticket };
  try {
    let status = await session.start(ticket, launchOf(it), signal);
    reading.take(status.lines);
    while (status.state !== 'Complete') {
      status = await session.status(ref, { after: status.next, waitMs: WAIT_MS }, signal);
      reading.take(status.lines);
    }
    reading.end();
    await session.complete(ref, status.next, signal);
    return reading.verdict(status.end === 'exited' ? status.exitCode : -1, status.detail);
  } catch (error) {
    await stopScript(session, ticket);
    throw error;
  }
}

/** Nothing of it is to be left; a machine that does not answer any more sweeps by itself. */
async function stopScript(session: Session, ticket: string): Promise<void> {
  const late = AbortSignal.timeout(CANCEL_MS);
  try {
    await session.cancel({ ticket }, late);
    for (;;) {
      const { state, next } = await session.status({ ticket }, { after: '', waitMs: 1_000 }, late);
      if (state === 'Complete') return void (await session.complete({ ticket }, next, late));
      await sleep(100, undefined, { signal: late });
    }
  } catch {
    // whoever asked hears of the first failure
  }
}

function launchOf({ worker, policy, capabilities, taskId, toolsAtMs }: HealthScript): Launch {
  const isBash = capabilities.shells.includes('bash');
  const syntax = isBash ? 'Bash' : 'PowerShell';
  const own = (isBash ? policy.scripts.bash : policy.scripts.powershell) ?? '';
  const body = isBash
    ? `${BASH_FUNCTIONS}${bashProbe(toolsAtMs !== undefined)}\n${own}\n`
    : `${POWERSHELL_FUNCTIONS}${powershellProbe(toolsAtMs !== undefined)}\n${own}\n`;
  const quiet = { name: 'Octopus.Action.Script.SuppressEnvironmentLogging', value: 'True' };
  const variables = new VariableSet([...machineVariables(worker), quiet]);
  return makeLaunch({ script: { syntax, body }, variables, taskId, isolation: BESIDE });
}

/** R91: only what belongs to the machine. */
function machineVariables(worker: Worker) {
  const uri = [worker.endpoint['Uri'], worker.endpoint['Host']].find((it) => typeof it === 'string') ?? '';
  return [
    { name: 'Octopus.Machine.Id', value: worker.id },
    { name: 'Octopus.Machine.Name', value: worker.name },
    { name: 'Octopus.Machine.Hostname', value: hostOf(uri) },
    { name: 'Octopus.Machine.CommunicationStyle', value: worker.style },
  ];
}
function hostOf(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).hostname : uri;
}

/** Lines for people, facts for the record, and what both come to. */
class Reading {
  readonly #parser = new OutputParser();
  readonly #facts = new Map<string, string>();
  readonly #log: ActivityLog;
  readonly #warnings: string[] = [];
  readonly #errors: string[] = [];
  readonly #toolsAtMs: number | undefined;
  #atMs = 0;
  #reason = '';

  constructor(log: ActivityLog, toolsAtMs: number | undefined) {
    this.#log = log;
    this.#toolsAtMs = toolsAtMs;
  }

  take(lines: readonly OutputLine[]): void {
    const others = lines.filter((line) => {
      const fact = line.source === 'StdOut' ? factIn(line.text) : undefined;
      if (fact) this.#facts.set(...fact);
      return !fact;
    });
    this.#atMs = lines.at(-1)?.atMs ?? this.#atMs;
    for (const result of this.#parser.read(others)) this.#hear(result);
  }
  end(): void {
    for (const result of this.#parser.end(this.#atMs)) this.#hear(result);
  }

  /** R90: an error that was told, or an exit code, is worse than a warning; what merely came on stderr is one. */
  verdict(exitCode: number, detail: string | undefined): ScriptVerdict {
    const probed = probedFrom(this.#facts, this.#toolsAtMs);
    const found = (health: HealthStatus, statusSummary: string) => ({ health, statusSummary, probed });
    const reason = this.#reason || this.#errors[0];
    if (exitCode !== 0) return found('Unhealthy', reason ?? `The health script ended with exit code ${exitCode}${detail ? `: ${detail}` : ''}`); // prettier-ignore
    if (reason !== undefined && reason !== '') return found('Unhealthy', reason);
    const [warning] = this.#warnings;
    const more = this.#warnings.length > 1 ? ` (and ${this.#warnings.length - 1} more)` : '';
    return warning === undefined ? found('Healthy', '') : found('HasWarnings', `${warning}${more}`);
  }

  #hear(result: OutputResult): void {
    if (result.kind === 'resultMessage') this.#reason = result.message;
    if (result.kind !== 'line' || result.text.trim() === '') return;
    const isDeclared = result.source === 'StdOut';
    if (result.category === 'Error' && isDeclared) this.#errors.push(result.text);
    else if (result.category === 'Error' || result.category === 'Warning') this.#warnings.push(result.text);
    this.#log.write(levelOf(result), result.text);
  }
}

function levelOf({ category, source }: ShownLine) {
  if (category === 'Error') return source === 'StdOut' ? 'error' : 'warning';
  if (category === 'Warning') return 'warning';
  return category === 'Verbose' ? 'verbose' : 'info';
}

/** A machine that scripts cannot be written for is no worker. */
export function withoutShell(worker: Worker): ConflictError {
  return new ConflictError('OCTO_HEALTH_SHELL', `${worker.name} has no shell that scripts can be written for`, {
    hint: 'install bash, or PowerShell on Windows, and check it again',
  });
}
