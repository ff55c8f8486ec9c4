import { failpoint, InputError, OctoError, parse, type Session, type StepContext } from '@octo/kernel';
import { VariableSet } from '@octo/variables';
import { bufferBytes } from '../bootstrap/text-bytes.ts';
import { type Leasable } from '../leasing/candidates.ts';
import { isOfPlace } from '../health/quarantine.ts';
import { type HeldWorker, type LeaseAsk, retakeLease, takeLease } from '../leasing/lease.ts';
import { type VariableEntry } from '../model/request.ts';
import { type RunRecord } from '../model/run.ts';
import { type Claim, type ServerTask } from '../model/task.ts';
import { type PlannedAction } from '../planning/plan.ts';
import { type TaskRoom } from '../queue/room.ts';
import { enqueue } from '../queue/enqueue.ts';
import { TaskStop } from '../stop-reasons.ts';
import { BUILT_IN_STYLE } from '../workers/built-in.ts';
import { withName } from '../workers/name-in-hint.ts';
import { once } from './once.ts';
import { workerOf } from './records.ts';
import { isUnreached, openSession } from './session.ts';
import { leasedWorker } from './worker.ts';

export interface ActionRun {
  readonly room: TaskRoom;
  readonly task: ServerTask;
  readonly claim: Claim;
  readonly action: PlannedAction;
  /** Of the task; output variables of earlier actions included. */
  readonly variables: readonly VariableEntry[];
}
/** Automatic retries come with their issue; until then every action has one attempt. */
const ATTEMPT = 1;

/** Carry out one action: lease, session, step. Whatever happens, session and lease end in that order. */
export async function runAction(run: ActionRun, signal: AbortSignal): Promise<void> {
  const { room, action } = run;
  const step = room.registry.step(action.type);
  if (!step)
    throw new InputError('OCTO_STEP_TYPE', `no plugin runs steps of type ${action.type}`, { hint: 'octo plugin list' });
  if (step.place === 'server')
    throw new InputError('OCTO_STEP_PLACE', `steps of type ${action.type} run in the server, which comes later`);
  const activityId = String(action.number);
  await using place = await takePlace(run, activityId, signal);
  const { worker, session, onWorker } = place;
  const variables = new VariableSet([...run.variables, ...placeVariables(run, worker)]);
  try {
    failpoint('session-open');
    const properties = await parse(step.properties, evaluated(action, variables), `properties of ${action.name}`);
    const at = { room, claim: run.claim, action: action.number, actionName: action.name, attempt: ATTEMPT };
    const context: StepContext<unknown> = {
      properties,
      worker: leasedWorker({ ...at, activityId: onWorker, worker, session, variables }),
      log: room.scribe.log(onWorker),
      signal,
      files: (action.files ?? []).map(({ name, contentBase64 }) => ({
        name,
        content: bufferBytes(Buffer.from(contentBase64, 'base64')),
      })),
      variables: { get: (name) => variables.get(name) },
      output: (name, value, options) => output(run, name, value, options?.sensitive === true),
      once: (key, act) => once({ ...at, worker }, key, act),
    };
    await step.run(context, room.services.resolve(step.deps));
    signal.throwIfAborted();
    room.scribe.end(onWorker, 'Success');
    await notePlace(run, worker);
  } catch (error) {
    room.scribe.end(onWorker, signal.aborted ? 'Canceled' : 'Failed');
    if (!signal.aborted) await notePlace(run, worker, error);
    throw withName(error, worker);
  }
}

/** Failures of the machine are counted, and a script that ran, whatever it came to, ends the count (I21, R105). */
async function notePlace({ room, task, action }: ActionRun, worker: Leasable, error?: unknown): Promise<void> {
  if (worker.style === BUILT_IN_STYLE) return;
  if (error === undefined || !isOfPlace(error)) return room.places.worked(worker.id);
  if (!(await room.places.failed(worker.id, `${error.message} [${error.code}]`))) return;
  const log = room.scribe.log(String(action.number));
  log.write('warning', `${worker.name} takes no work for a while: its last actions failed because of the machine`);
  await enqueue(room, task.spaceId, {
    name: 'Health',
    description: `Check ${worker.name}, where actions failed because of the machine`,
    actions: [],
    variables: [],
    health: { workerIds: [worker.id] },
  });
}

/** Where an action runs. Leaving it ends the session, then the lease. */
interface Place extends AsyncDisposable {
  readonly worker: Leasable;
  readonly session: Session;
  /** Activity of its part of the log. */
  readonly onWorker: string;
}

/**
 * Lease a worker and open a session with it. One that nothing can have reached is given back, once, for another one
 * that is fit (R63); where nobody else is, its own failure is the action's.
 */
async function takePlace(run: ActionRun, activityId: string, signal: AbortSignal): Promise<Place> {
  const earlier = await earlierRun(run);
  const first = await lease(run, activityId, [], signal);
  try {
    return await openPlace(run, first, `${activityId}/${ATTEMPT}`, signal);
  } catch (error) {
    if (!signal.aborted) await notePlace(run, first.worker, error);
    if (earlier || signal.aborted || !isUnreached(error)) throw error;
    const tried = first.worker;
    const second = await lease(run, activityId, [tried.id], signal).catch((refusal: unknown) => {
      if (signal.aborted || refusal instanceof TaskStop) throw refusal;
      throw error;
    });
    const why = OctoError.is(error) ? error.message : String(error);
    run.room.scribe.line(activityId, 'Warning', `${tried.name} was not reached (${why}); tries ${second.worker.name}`);
    return openPlace(run, second, `${activityId}/${ATTEMPT}b`, signal);
  }
}

/** Takes the lease over: it ends with the place, or with the failure to open it. */
async function openPlace(run: ActionRun, held: HeldWorker, onWorker: string, signal: AbortSignal): Promise<Place> {
  const { room } = run;
  const { worker } = held;
  await using undo = new AsyncDisposableStack();
  undo.use(held);
  failpoint('leased');
  room.scribe.begin(onWorker, worker.name);
  try {
    const session = undo.use(await openSession(room, worker, onWorker, signal));
    const kept = undo.move();
    return { worker, session, onWorker, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  } catch (error) {
    room.scribe.end(onWorker, signal.aborted ? 'Canceled' : 'Failed');
    throw withName(error, worker);
  }
}

async function earlierRun({ room, task, action }: ActionRun): Promise<RunRecord | undefined> {
  return (await room.journal.runs(task.id)).find((r) => r.action === action.number && r.attempt === ATTEMPT);
}

async function lease(
  run: ActionRun,
  activityId: string,
  without: readonly string[],
  signal: AbortSignal,
): Promise<HeldWorker> {
  const { room, task, action } = run;
  const ask: LeaseAsk = {
    taskId: task.id,
    fence: run.claim.fence,
    spaceId: task.spaceId,
    action,
    without,
    log: room.scribe.log(activityId),
    wait: (waiting) => room.waits.show(activityId, waiting),
  };
  const earlier = await earlierRun(run);
  if (!earlier) return takeLease(room, ask, signal);
  return retakeLease(room, ask, workerOf(earlier, room.nodeId));
}

/** Script bodies stay raw: they are evaluated once, by the bootstrap, in the file itself (calamari.md 1.4). */
const RAW = new Set(['Octopus.Action.Script.ScriptBody']);
function evaluated(action: PlannedAction, variables: VariableSet): Record<string, string> {
  return Object.fromEntries(
    Object.entries(action.properties).map(([name, value]) => [name, RAW.has(name) ? value : variables.evaluate(value)]),
  );
}

/** System variables that depend on action and worker (R65, calamari.md 5.1). */
function placeVariables({ action }: ActionRun, worker: Leasable): readonly VariableEntry[] {
  const properties = Object.entries(action.properties).filter(([name]) => !RAW.has(name));
  return Object.entries({
    ...Object.fromEntries(properties),
    'Octopus.Action.Name': action.name,
    'Octopus.Action.Number': String(action.number),
    'Octopus.Step.Name': action.name,
    'Octopus.Step.Number': String(action.number),
    'Octopus.WorkerPool.Id': action.pool.id,
    'Octopus.WorkerPool.Name': action.pool.name,
    'Octopus.Worker.Id': worker.id,
    'Octopus.Worker.Name': worker.name,
  }).map(([name, value]) => ({ name, value }));
}

function output(run: ActionRun, name: string, value: string, sensitive: boolean): void {
  if (sensitive) run.room.mask.add(value);
  const { number: action, name: actionName } = run.action;
  void run.room.scribe.append({ outputs: [{ action, actionName, name, value, sensitive }] }).catch(() => {}); // told by `broken`
}
