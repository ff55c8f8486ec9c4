import { failpoint, OctoError } from '@octo/kernel';
import { Mask, VariableSet } from '@octo/variables';
import { runAction } from '../dispatch/action.ts';
import { settleRuns } from '../dispatch/settle.ts';
import { Waits } from '../dispatch/waits.ts';
import { checkWorkers } from '../health/check.ts';
import { sendOn } from '../health/send-on.ts';
import { Scribe } from '../log/scribe.ts';
import { type HealthRequest, type TaskRequest, type VariableEntry } from '../model/request.ts';
import { type Claim, type ServerTask, type TaskState } from '../model/task.ts';
import { type PlannedAction, planTask } from '../planning/plan.ts';
import { type TaskChange } from '../ports.ts';
import { isStorageAway, TaskStop } from '../stop-reasons.ts';
import { type TaskRoom, type Workshop } from './room.ts';

/** What the loop holds of a running task: `stop` aborts it with a {@link TaskStop} as reason. */
export interface Running {
  readonly task: ServerTask;
  readonly claim: Claim;
  readonly stop: AbortController;
}
type Outcome = { readonly state: TaskState } & TaskChange;

/**
 * Carry out a claimed task from its request to its end; started anew after a restart, it goes through the same steps
 * and skips what the journal says is done. Never throws: what went wrong is the task's end. False: because the database
 * went away it has not come to an end, and wants to be taken up again.
 */
export async function executeTask(workshop: Workshop, running: Running): Promise<boolean> {
  const { task, claim, stop } = running;
  const mask = new Mask([]);
  const scribe = new Scribe({ ...workshop, mask, claim, broken: (error) => stop.abort(lost(error)) });
  await using services = workshop.rooms.openTask({ spaceId: task.spaceId, log: scribe.log('') });
  const waits = new Waits({ ...workshop, scribe, taskId: task.id });
  const room: TaskRoom = { ...workshop, scribe, mask, services, waits };
  using limit = new Deadline(workshop, running);
  let outcome: Outcome;
  try {
    const request = await workshop.tasks.request(task.id);
    await fillMask(room, request, task.id);
    limit.start(request.timeoutMs);
    outcome = await carryOut(room, running, request);
  } catch (error) {
    if (isStorageAway(error)) stop.abort(TaskStop.storageLost());
    if (error instanceof TaskStop && error.how === 'handed-over') stop.abort(error);
    outcome = judge(error, stop.signal);
  }
  return endTask(room, running, outcome);
}

async function carryOut(room: TaskRoom, running: Running, request: TaskRequest): Promise<Outcome> {
  const { task, claim, stop } = running;
  const plan = planTask(request, await room.pools.list(task.spaceId));
  if (request.health) return checkHealth(room, running, request.health);
  const done = await finishedActions(room, task.id);
  if (claim.fence > 1) {
    room.scribe.line('', 'Info', `Continued by ${room.nodeId}`);
  } else {
    room.scribe.begin('', task.description);
    for (const action of plan)
      room.scribe.activity({ id: String(action.number), name: title(action), state: 'Pending' });
  }
  for (const action of plan) {
    if (done.has(action.number)) continue;
    const variables = [...systemVariables(task), ...request.variables, ...(await outputsSoFar(room, task.id))];
    await oneAction(room, { task, claim, action, variables }, stop.signal);
  }
  return { state: 'Success' };
}

async function checkHealth(room: TaskRoom, running: Running, health: HealthRequest): Promise<Outcome> {
  if (running.claim.fence > 1) room.scribe.line('', 'Info', `Continued by ${room.nodeId}`);
  else room.scribe.begin('', running.task.description);
  const { workerIds, isSentOn = false } = health;
  const own = isSentOn ? workerIds : await sendOn(room, running.task.spaceId, workerIds);
  await checkWorkers(room, running.task, { ...health, workerIds: own }, running.stop.signal);
  return { state: 'Success' };
}

async function oneAction(
  room: TaskRoom,
  run: { task: ServerTask; claim: Claim; action: PlannedAction; variables: readonly VariableEntry[] },
  signal: AbortSignal,
): Promise<void> {
  const id = String(run.action.number);
  signal.throwIfAborted();
  room.scribe.begin(id, title(run.action));
  try {
    await runAction({ ...run, room }, signal);
    room.scribe.end(id, 'Success');
  } catch (error) {
    const stopped = TaskStop.of(signal);
    if (stopped?.leavesScripts || error instanceof TaskStop || isStorageAway(error)) throw error;
    if (!stopped) room.scribe.line(id, 'Error', sentence(error));
    room.scribe.end(id, stopped ? 'Canceled' : 'Failed');
    throw error;
  }
}

/** An abort is not an error: whatever a transport threw meanwhile, the reason of the stop decides. */
function judge(error: unknown, signal: AbortSignal): Outcome {
  const stopped = TaskStop.of(signal);
  if (stopped?.how === 'cancel') return { state: 'Canceled', errorCode: stopped.code, errorMessage: stopped.message };
  if (stopped?.how === 'timeout') return { state: 'TimedOut', errorCode: stopped.code, errorMessage: stopped.message };
  if (OctoError.is(error)) return { state: 'Failed', errorCode: error.code, errorMessage: error.message };
  return { state: 'Failed', errorCode: 'OCTO_BUG', errorMessage: `octo failed: ${String(error)}` };
}

async function endTask(room: TaskRoom, { task, claim, stop }: Running, outcome: Outcome): Promise<boolean> {
  const { scribe, tasks, clock, logger } = room;
  const stopped = TaskStop.of(stop.signal);
  if (stopped?.leavesScripts) {
    await scribe.flush().catch(() => {}); // the claim may be gone
    if (stopped.how === 'detach') await tasks.detach(claim, clock.now()).catch(() => {}); // it ends by itself
    if (stopped.nodeId !== undefined) return handOver(room, claim, stopped.nodeId);
    return stopped.how !== 'storage-lost';
  }
  try {
    if (stopped) await settleRuns(room, claim, stop.signal);
    failpoint('task-ending');
    await closeLog(room, task.id, outcome);
    const { state, ...change } = outcome;
    const move = (to: TaskState) => tasks.move(claim, to, change, clock.now());
    if (!(await scribe.appendAnd({}, () => move(state)))) {
      // a cancel came while the last script ended by itself: the task was Cancelling, so it ends as Canceled
      await move(outcome.state === 'Failed' ? 'Failed' : 'Canceled');
    }
  } catch (error) {
    logger.error({ room: 'queue', taskId: task.id, error: String(error) }, 'a task could not be ended');
    if (isStorageAway(error)) return false;
  }
  failpoint('task-ended');
  room.signals.publish(`task:${task.id}`);
  room.signals.publish('queue');
  return true;
}

/** False where that failed: this node takes it up again, and tries again. */
async function handOver({ tasks, clock, limits, logger }: TaskRoom, claim: Claim, nodeId: string): Promise<boolean> {
  try {
    const nowMs = clock.now();
    await tasks.handOver(claim, nodeId, { nowMs, untilMs: nowMs + limits.claimMs });
    logger.info({ room: 'queue', taskId: claim.taskId, to: nodeId }, 'handed a task over');
    return true;
  } catch (error) {
    logger.warn(
      { room: 'queue', taskId: claim.taskId, to: nodeId, error: String(error) },
      'could not hand a task over',
    );
    return OctoError.is(error) && error.code === 'OCTO_CLAIM_LOST';
  }
}

/** The last lines and states; they are stored together with the task's end. */
async function closeLog(room: TaskRoom, taskId: string, outcome: Outcome): Promise<void> {
  if (outcome.state !== 'Success') {
    await room.scribe.flush();
    const activities = await room.journal.activities(taskId);
    const open = activities.filter((a) => a.endedAtMs === undefined && a.id !== '');
    for (const { id, state } of open) room.scribe.end(id, state === 'Pending' ? 'Skipped' : 'Canceled');
    const isTold = outcome.state === 'Failed' && activities.some((a) => a.id !== '' && a.state === 'Failed');
    if (!isTold)
      room.scribe.line('', outcome.state === 'Canceled' ? 'Warning' : 'Error', outcome.errorMessage ?? outcome.state);
  }
  room.scribe.end('', outcome.state === 'Success' ? 'Success' : outcome.state === 'Failed' ? 'Failed' : 'Canceled');
}

/** The mask is whole before the first line is written: request, outputs and what scripts announced before a restart. */
async function fillMask(room: TaskRoom, request: TaskRequest, taskId: string): Promise<void> {
  for (const secret of new VariableSet(request.variables).secrets()) room.mask.add(secret);
  for (const output of await room.journal.outputs(taskId)) if (output.sensitive) room.mask.add(output.value);
  for (const text of await room.journal.masks(taskId)) room.mask.add(text);
}

async function finishedActions(room: TaskRoom, taskId: string): Promise<ReadonlySet<number>> {
  const activities = await room.journal.activities(taskId);
  return new Set(activities.filter((a) => a.state === 'Success' && /^\d+$/.test(a.id)).map((a) => Number(a.id)));
}

async function outputsSoFar(room: TaskRoom, taskId: string): Promise<readonly VariableEntry[]> {
  return (await room.journal.outputs(taskId)).map((o) => ({
    name: `Octopus.Action[${o.actionName}].Output.${o.name}`,
    value: o.value,
    sensitive: o.sensitive,
  }));
}

function systemVariables(task: ServerTask): readonly VariableEntry[] {
  return [
    { name: 'Octopus.Task.Id', value: task.id },
    { name: 'Octopus.Task.Name', value: task.description },
    { name: 'Octopus.Space.Id', value: task.spaceId },
  ];
}

function title(action: PlannedAction): string {
  return `Step ${action.number}: ${action.name}`;
}
function sentence(error: unknown): string {
  if (!OctoError.is(error)) return `octo failed: ${String(error)}`;
  return error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
}
function lost(error: unknown): unknown {
  if (isStorageAway(error)) return TaskStop.storageLost();
  return OctoError.is(error) && error.code === 'OCTO_CLAIM_LOST' ? TaskStop.claimLost() : error;
}

/** The task's own time limit, counted from its first start, also over restarts. */
class Deadline implements Disposable {
  readonly #workshop: Workshop;
  readonly #running: Running;
  #timer: NodeJS.Timeout | undefined;

  constructor(workshop: Workshop, running: Running) {
    this.#workshop = workshop;
    this.#running = running;
  }

  start(limitMs: number | undefined): void {
    if (limitMs === undefined) return;
    const { task, stop } = this.#running;
    const left = (task.startedAtMs ?? this.#workshop.clock.now()) + limitMs - this.#workshop.clock.now();
    this.#timer = setTimeout(() => stop.abort(TaskStop.timedOut(limitMs)), Math.min(Math.max(left, 0), MAX_TIMER_MS));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
/** Longest time that a Node timer can hold; about 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;
