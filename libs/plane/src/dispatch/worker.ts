import {
  failpoint,
  type Launch,
  type LeasedWorker,
  type Script,
  type ScriptResult,
  type Session,
  type Tool,
} from '@octo/kernel';
import { type VariableSet } from '@octo/variables';
import { digestOf, makeLaunch } from '../bootstrap/launch.ts';
import { toolLaunch } from '../bootstrap/tool.ts';
import { type Leasable } from '../leasing/candidates.ts';
import { type RunRecord } from '../model/run.ts';
import { type Claim } from '../model/task.ts';
import { type TaskRoom } from '../queue/room.ts';
import { noteStray } from '../health/strays.ts';
import { collectArtifacts } from './artifacts.ts';
import { isOfTheWay, observe, type Observed, refuseSecondStart } from './observe.ts';
import { Output } from './output.ts';
import { recall, type Remembered } from './records.ts';
import { isolationOf, limitsOf } from './script-settings.ts';
import { askTool, digestOfTool, placeTool } from './tools.ts';

export type OnScript = Omit<OnWorker, 'variables'>;
export interface OnWorker {
  readonly room: TaskRoom;
  readonly claim: Claim;
  readonly action: number;
  readonly actionName: string;
  readonly attempt: number;
  readonly activityId: string;
  readonly worker: Leasable;
  readonly session: Session;
  readonly variables: VariableSet;
  /** See `Observation`. */
  readonly cancelUntil?: AbortSignal;
}

/** The worker as a step sees it. Each call of `run` has a record, so a restart never runs it twice (house.md 3.1). */
export function leasedWorker(on: OnWorker): LeasedWorker {
  let ordinal = 0;
  return {
    id: on.worker.id,
    name: on.worker.name,
    run: (script, signal) => runScript(on, script, script.key ?? String(++ordinal), signal),
    use: (tool, input, signal) => useTool(on, tool, input, String(++ordinal), signal),
    upload: (path, content, signal) => on.session.upload(path, content, signal),
    download: (path, signal) => on.session.download(path, signal),
  };
}

function runScript(on: OnWorker, script: Script, key: string, signal: AbortSignal): Promise<ScriptResult> {
  const launch = async (): Promise<Launch> => ({
    ...makeLaunch({ script, ...launchParts(on, script) }),
    limits: limitsOf(on.variables, on.actionName, script.limits),
  });
  return carryOut(on, { kind: 'run', key, digest: digestOf(script), launch }, signal);
}

async function useTool<I>(
  on: OnWorker,
  tool: Tool<I>,
  input: I,
  key: string,
  signal: AbortSignal,
): Promise<ScriptResult> {
  const asked = await askTool(tool, input);
  const launch = async (): Promise<Launch> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(on.room.limits.toolMs)]);
    const what = `tool ${tool.name} to be brought to ${on.worker.name}`;
    const placed = await on.room.waits.during(on.activityId, 'tool', what, () =>
      placeTool(on.session, on.room.runtimes, on.worker, asked, limit),
    );
    const limits = limitsOf(on.variables, on.actionName);
    return toolLaunch({ ...asked, ...placed, ...launchParts(on, {}), limits });
  };
  return carryOut(on, { kind: 'use', key, digest: digestOfTool(asked), launch }, signal);
}

function launchParts(on: OnWorker, { isolation }: Pick<Script, 'isolation'>) {
  const { variables, claim } = on;
  return { variables, taskId: claim.taskId, isolation: isolationOf(variables, isolation), fence: claim.fence };
}

/** What a step asks of its worker. */
interface Asked {
  readonly kind: 'run' | 'use';
  readonly key: string;
  readonly digest: string;
  /** Only made when something is started. */
  launch(): Promise<Launch>;
}

/** Answer from the record, observe what runs, or start it: whatever a restart finds (house.md 3.1). */
async function carryOut(on: OnWorker, asked: Asked, signal: AbortSignal): Promise<ScriptResult> {
  const { kind, key, digest } = asked;
  const runKey = { taskId: on.claim.taskId, action: on.action, attempt: on.attempt, key };
  const known = await recall(on.room.journal, runKey, digest);
  if (known?.state === 'ended') return toResult(known);
  if (known?.state === 'finished') return forget(on, known, signal);
  if (known?.state === 'started') return attend(on, known, undefined, signal);
  if (known) await refuseSecondStart(on.session, known, signal);
  const launch = await asked.launch();
  const { isolation } = launch;
  const record = known ?? (await prepare(on, { ...runKey, kind, digest, isExclusive: isolation.exclusive }));
  return attend(on, record, launch, signal);
}

/** Follow a prepared run to its end, and store what it left. Without a launch it is only observed, never started. */
export async function attend(
  on: OnScript,
  record: RunRecord,
  launch: Launch | undefined,
  signal: AbortSignal,
): Promise<ScriptResult> {
  const output = new Output({
    mask: on.room.mask,
    action: on.action,
    actionName: on.actionName,
    activityId: on.activityId,
    ...(record.parser !== undefined && { parser: record.parser }),
    outputs: (await on.room.journal.outputs(on.claim.taskId)).filter((o) => o.action === on.action),
  });
  const observation = { ...on.room, ...on, output, workerName: on.worker.name };
  const ended = await observe(observation, record, launch, signal);
  if (ended.end === 'abandoned') await noteStray(on.room, on.worker.id, { ...record, ...ended }, ended.detail);
  else if (!launch) await on.room.strays.remove(record.ticket); // a crash came between, and now its end was seen
  return finish(on, record, ended, output, signal);
}

/** The ticket is stored before anything is sent: a restart finds it, whatever the start came to (R143). */
async function prepare(
  on: OnWorker,
  key: Pick<RunRecord, 'taskId' | 'action' | 'attempt' | 'key' | 'digest' | 'kind' | 'isExclusive'>,
) {
  const record: RunRecord = {
    ...key,
    state: 'prepared',
    ticket: on.room.ids.ticket(),
    workerId: on.worker.id,
    workerName: on.worker.name,
    style: on.worker.style,
    endpoint: on.worker.endpoint,
    cursor: '',
  };
  await on.room.scribe.append({ runs: [record] });
  failpoint('run-prepared');
  return record;
}

async function finish(on: OnScript, record: RunRecord, ended: Observed, output: Output, signal: AbortSignal) {
  if (ended.end !== 'abandoned' && !signal.aborted)
    await collectArtifacts({ ...on.room, ...on, store: on.room.artifacts }, on.action, signal);
  const remembered: Remembered = {
    hasErrors: output.hasErrors,
    outputs: [...output.outputs],
    ...(output.message !== undefined && { message: output.message }),
    ...(output.failure && { failure: output.failure }),
    ...(ended.detail !== undefined && { detail: ended.detail }),
  };
  const finished: RunRecord = { ...record, ...ended, state: 'finished', result: remembered };
  const { taskId, action, attempt, key, state, end, exitCode, result } = finished;
  await on.room.scribe.append({
    runs: [{ taskId, action, attempt, key, state, end: ended.end, exitCode: ended.exitCode, result }],
  });
  failpoint('result-stored');
  if (end === 'abandoned' || exitCode === undefined) return toResult(finished);
  return forget(on, finished, signal);
}

/**
 * Let the machine side delete the workspace. Its result is stored, so nothing that happens here changes what the script
 * has come to: a machine that is gone by now deletes the workspace when it looks after itself (R150).
 */
export async function forget(on: OnScript, record: RunRecord, signal: AbortSignal): Promise<ScriptResult> {
  const { room, session, activityId, worker } = on;
  const ref =
    record.handle === undefined ? { ticket: record.ticket } : { ticket: record.ticket, handle: record.handle };
  const limit = AbortSignal.timeout(room.limits.completeMs);
  try {
    const until = signal.aborted ? limit : AbortSignal.any([signal, limit]);
    const last = await room.waits.during(activityId, 'complete', `${worker.name} to clean up`, () =>
      session.complete(ref, record.cursor, until),
    );
    for (const { text } of last) room.scribe.line(activityId, 'Info', text); // released only now (script service v1)
  } catch (error) {
    if (signal.aborted && !limit.aborted) throw error;
    if (!limit.aborted && !isOfTheWay(error)) throw error;
    room.scribe.line(activityId, 'Verbose', `${worker.name} was not reached to clean up; it does so by itself later`);
  }
  failpoint('completed');
  const { taskId, action, attempt, key } = record;
  room.scribe.note({ taskId, action, attempt, key, state: 'ended' });
  return toResult(record);
}

function toResult(record: RunRecord): ScriptResult {
  const remembered = (record.result ?? { hasErrors: false, outputs: [] }) as Remembered; // written by finish() above
  return {
    exitCode: record.exitCode ?? 0,
    end: record.end ?? 'exited',
    outputs: new Map(remembered.outputs),
    hasErrors: remembered.hasErrors,
    ...(remembered.message !== undefined && { message: remembered.message }),
    ...(remembered.failure && { failure: remembered.failure }),
    ...(remembered.detail !== undefined && { detail: remembered.detail }),
  };
}
