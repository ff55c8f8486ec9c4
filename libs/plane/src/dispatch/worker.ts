import { InputError, type Launch, type LeasedWorker, type Script, type ScriptResult, type Session } from '@octo/kernel';
import { type VariableSet } from '@octo/variables';
import { digestOf, makeLaunch } from '../bootstrap/launch.ts';
import { type Leasable } from '../leasing/candidates.ts';
import { type RunRecord } from '../model/run.ts';
import { type Claim } from '../model/task.ts';
import { type TaskRoom } from '../queue/room.ts';
import { collectArtifacts } from './artifacts.ts';
import { type Ended, observe, refuseSecondStart } from './observe.ts';
import { Output } from './output.ts';
import { recall, type Remembered } from './records.ts';

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
}

/** The worker as a step sees it. Each call of `run` has a record, so a restart never runs it twice (house.md 3.1). */
export function leasedWorker(on: OnWorker): LeasedWorker {
  let ordinal = 0;
  return {
    id: on.worker.id,
    name: on.worker.name,
    run: (script, signal) => runScript(on, script, script.key ?? String(++ordinal), signal),
    use: (tool) =>
      Promise.reject(
        new InputError('OCTO_TOOL_UNSUPPORTED', `tool ${tool.name} cannot run: this release does not ship tools yet`),
      ),
    upload: (path, content, signal) => on.session.upload(path, content, signal),
    download: (path, signal) => on.session.download(path, signal),
  };
}

async function runScript(on: OnWorker, script: Script, key: string, signal: AbortSignal): Promise<ScriptResult> {
  const { journal } = on.room;
  const runKey = { taskId: on.claim.taskId, action: on.action, attempt: on.attempt, key };
  const digest = digestOf(script);
  const known = await recall(journal, runKey, digest);
  if (known?.state === 'ended') return toResult(known);
  if (known?.state === 'finished') return forget(on, known, signal);
  if (known) await refuseSecondStart(on.session, known, signal);

  const record = known ?? (await prepare(on, { ...runKey, digest }));
  const launch = makeLaunch({
    script,
    variables: on.variables,
    taskId: on.claim.taskId,
    isolation: isolationOf(on.variables),
    fence: on.claim.fence,
  });
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
  return finish(on, record, ended, output, signal);
}

/** The ticket is stored before anything is sent: a restart finds it, whatever the start came to (R143). */
async function prepare(on: OnWorker, key: Pick<RunRecord, 'taskId' | 'action' | 'attempt' | 'key' | 'digest'>) {
  const record: RunRecord = {
    ...key,
    kind: 'run',
    state: 'prepared',
    ticket: on.room.ids.ticket(),
    workerId: on.worker.id,
    workerName: on.worker.name,
    style: on.worker.style,
    endpoint: on.worker.endpoint,
    cursor: '',
  };
  await on.room.scribe.append({ runs: [record] });
  return record;
}

async function finish(on: OnScript, record: RunRecord, ended: Ended, output: Output, signal: AbortSignal) {
  if (ended.end !== 'abandoned' && !signal.aborted)
    await collectArtifacts({ ...on.room, ...on, store: on.room.artifacts }, on.action, signal);
  const remembered: Remembered = {
    hasErrors: output.hasErrors,
    outputs: [...output.outputs],
    ...(output.message !== undefined && { message: output.message }),
  };
  const finished: RunRecord = { ...record, ...ended, state: 'finished', result: remembered };
  const { taskId, action, attempt, key, state, end, exitCode, result } = finished;
  await on.room.scribe.append({
    runs: [{ taskId, action, attempt, key, state, end: ended.end, exitCode: ended.exitCode, result }],
  });
  if (end === 'abandoned' || exitCode === undefined) return toResult(finished);
  return forget(on, finished, signal);
}

/** Let the machine side delete the workspace. What it releases only now (script service v1) still reaches the log. */
export async function forget(on: OnScript, record: RunRecord, signal: AbortSignal): Promise<ScriptResult> {
  const ref =
    record.handle === undefined ? { ticket: record.ticket } : { ticket: record.ticket, handle: record.handle };
  const limit = signal.aborted ? AbortSignal.timeout(on.room.limits.cancelMs) : signal;
  await on.session.complete(ref, record.cursor, limit);
  const { taskId, action, attempt, key } = record;
  on.room.scribe.note({ taskId, action, attempt, key, state: 'ended' });
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
  };
}

/** On workers scripts share the machine unless this very step says no (R160, R162). */
function isolationOf(variables: VariableSet) {
  const isExclusive = variables.get('OctopusBypassDeploymentMutex')?.toLowerCase() === 'false';
  return { exclusive: isExclusive, mutex: 'RunningScript' };
}
