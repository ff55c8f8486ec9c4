import { OctoError } from '@octo/kernel';
import { type Remembered } from '../dispatch/records.ts';
import { type Limits } from '../limits.ts';
import { type Activity } from '../model/activity.ts';
import { type RunRecord } from '../model/run.ts';
import { straysWarning } from '../model/stray.ts';
import { isOver, type ServerTask } from '../model/task.ts';
import { type Survey, survey } from '../leasing/survey.ts';
import { type PlannedAction, planTask } from '../planning/plan.ts';
import { explainQueued } from './explain-queued.ts';
import { type ExplainDeps } from './explain-deps.ts';
import { because, clockTime, type Explanation, spell, waits } from './explanation.ts';

/** Why a task waits, what it does where, or how it ended: whatever its state. Changes nothing. */
export async function explainTask(deps: ExplainDeps, task: ServerTask): Promise<Explanation> {
  const nowMs = deps.clock.now();
  const steps = await stepsOf(deps, task);
  return because('task', headline(task, nowMs), [
    ...(task.state === 'Queued' ? await explainQueued(deps, task, nowMs) : []),
    task.waiting && !isOver(task.state) && task.state !== 'Queued' ? waits(task.waiting, nowMs) : undefined,
    ...steps,
    await next(deps, task, nowMs),
  ]);
}

function headline(task: ServerTask, nowMs: number): string {
  const { id, description, state, queuedAtMs, startedAtMs, completedAtMs } = task;
  const name = `${id} (${description})`;
  const node = task.claim === undefined ? '' : ` on ${task.claim.nodeId}`;
  const ran = spell((completedAtMs ?? nowMs) - (startedAtMs ?? completedAtMs ?? nowMs));
  switch (state) {
    case 'Queued':
      return `${name} is queued since ${clockTime(queuedAtMs, nowMs)}, for ${spell(nowMs - queuedAtMs)}`;
    case 'Executing':
      return `${name} is executing${node} since ${clockTime(startedAtMs ?? queuedAtMs, nowMs)}, for ${ran}`;
    case 'Cancelling':
      return `${name} is being cancelled${node}: its scripts were asked to stop`;
    case 'Success':
      return `${name} ended with success at ${clockTime(completedAtMs ?? nowMs, nowMs)}, after ${ran}`;
    case 'Failed':
    case 'Canceled':
    case 'TimedOut': {
      const what = { Failed: 'failed', Canceled: 'was cancelled', TimedOut: 'timed out' }[state];
      const before = startedAtMs === undefined ? 'before it started; nothing has run' : `after ${ran}`;
      const why = task.errorMessage === undefined ? '' : `: ${task.errorMessage}`;
      const code = task.errorCode === undefined ? '' : ` [${task.errorCode}]`;
      return `${name} ${what} at ${clockTime(completedAtMs ?? nowMs, nowMs)}, ${before}${why}${code}`;
    }
  }
}

async function stepsOf(deps: ExplainDeps, task: ServerTask): Promise<readonly Explanation[]> {
  let plan: readonly PlannedAction[];
  try {
    plan = planTask(await deps.tasks.request(task.id), await deps.pools.list(task.spaceId));
  } catch (error) {
    return [because('wants', `what it wants cannot be planned any more: ${sentence(error)}`)];
  }
  const activities = new Map((await deps.journal.activities(task.id)).map((a) => [a.id, a]));
  const runs = await deps.journal.runs(task.id);
  return Promise.all(
    plan.map((action) => {
      const own = runs.filter((run) => run.action === action.number && run.kind !== 'once');
      return explainStep(deps, task, action, { activity: activities.get(String(action.number)), runs: own });
    }),
  );
}

async function explainStep(
  deps: ExplainDeps,
  task: ServerTask,
  action: PlannedAction,
  done: { readonly activity: Activity | undefined; readonly runs: readonly RunRecord[] },
): Promise<Explanation> {
  const { activity, runs } = done;
  const state = activity?.state ?? 'Pending';
  const title = `Step ${action.number}: ${action.name}`;
  const isToCome = !isOver(task.state) && runs.length === 0 && (state === 'Pending' || state === 'Running');
  const progress = activity?.progress === undefined ? '' : `, ${Math.round(activity.progress)} %`;
  const said = isToCome && state === 'Pending' ? 'has not begun' : `${WORDS[state]}${progress}`;
  return because('step', `${title} ${said}`, [
    isToCome ? await wants(deps, task, action) : undefined,
    ...runs.map((run) => explainRun(run, isOver(task.state))),
  ]);
}
const WORDS: Readonly<Record<Activity['state'], string>> = {
  Pending: 'never began',
  Running: 'is running',
  Success: 'succeeded',
  SuccessWithWarning: 'succeeded with warnings',
  Failed: 'failed',
  Skipped: 'was skipped',
  Canceled: 'was cancelled',
};

/** What a script on a worker came to; what is not known is said to be so. */
function explainRun(run: RunRecord, isTaskOver: boolean): Explanation {
  const { workerName, ticket, state, end, exitCode } = run;
  const what = `${run.kind === 'use' ? 'tool' : 'script'} ${ticket} on ${workerName}`;
  const { detail } = (run.result ?? {}) as Partial<Remembered>; // written by dispatch/worker.ts
  const more = detail === undefined ? '' : `: ${detail}`;
  if (end === undefined) {
    const lost = 'its end was not recorded; it may have run and may still run';
    const now = state === 'prepared' ? 'is being started' : 'runs';
    return because('run', isTaskOver ? `${what}: ${lost}` : `${what} ${now}`);
  }
  const ends = {
    exited: `exited with ${exitCode}`,
    stopped: 'was stopped',
    abandoned: 'was abandoned: its end was not seen, and it may still run',
    unstarted: `never started (${exitCode})`,
    unknown: 'may have run: its result is lost',
  };
  return because('outcome', `${what} ${ends[end]}${more}`);
}

/** Wants, candidates, each with its reason, and whom the scheduler would take now. */
async function wants(deps: ExplainDeps, task: ServerTask, action: PlannedAction): Promise<Explanation> {
  const { pool, poolBecause } = action;
  const text = `wants a worker of ${pool.name} (${poolBecause})`;
  let found: Survey;
  try {
    found = await survey(deps, {
      taskId: task.id,
      spaceId: task.spaceId,
      pool,
      ...(action.workerId !== undefined && { workerId: action.workerId }),
    });
  } catch (error) {
    return because('wants', text, [because('next', sentence(error))]);
  }
  const held = new Map(found.leases.filter((l) => l.exclusive).map((l) => [l.workerId, l.taskId]));
  const isLater = (name: string) => found.excluded.some((it) => it.name === name); // fit, but farther away than others
  const near = found.fit.filter((worker) => !isLater(worker.name));
  const candidates = near.map((worker) => {
    const seen = found.candidates.find((c) => c.workerId === worker.id);
    const holder = held.get(worker.id);
    if (holder !== undefined) return because('candidate', `${worker.name}: held exclusively by ${holder}`);
    const count = seen?.activeLeases ?? 0;
    const warning = straysWarning(found.strays.get(worker.id) ?? []);
    const more = warning === undefined ? '' : `; ${warning}`;
    return because('candidate', `${worker.name}: fit, ${count} lease${count === 1 ? '' : 's'}${more}`);
  });
  const others = found.excluded.map((e) => because('candidate', `${e.name}: ${e.because}`));
  return because('wants', text, [...candidates, ...others, because('next', verdict(found, deps.limits))]);
}

function verdict(found: Survey, limits: Limits): string {
  if (found.refusal) return `as things are the step would fail: ${sentence(found.refusal)}`;
  const { choice } = found;
  if ('wait' in choice) return `would wait: ${choice.wait}; after ${spell(limits.leaseMs)} the action fails`;
  const worker = found.fit.find((w) => w.id === choice.take);
  return `would take ${worker?.name ?? choice.take} now (${choice.because})`;
}

async function next(deps: ExplainDeps, task: ServerTask, nowMs: number): Promise<Explanation | undefined> {
  if (isOver(task.state)) return undefined;
  if (task.state === 'Queued') {
    const expiry =
      task.expiresAtMs === undefined
        ? ''
        : `; if no node has taken it at ${clockTime(task.expiresAtMs, nowMs)}, it ends as TimedOut`;
    return because('next', `starts as soon as a node has a free slot${expiry}`);
  }
  const nodeId = task.claim?.nodeId;
  if (nodeId === undefined || (await deps.liveness.isDead(nodeId)))
    return because(
      'next',
      `${nodeId ?? 'its node'} is gone and nobody observes it; scripts go on, and the next octo server start or octo run on this folder takes it up`,
    );
  if (task.state === 'Cancelling')
    return because(
      'next',
      `ends as Canceled once its scripts are seen dead, at the latest after ${spell(deps.limits.cancelMs)} as abandoned`,
    );
  const { timeoutMs } = await deps.tasks.request(task.id).catch(() => ({ timeoutMs: undefined }));
  if (timeoutMs === undefined) return undefined;
  const limitAt = (task.startedAtMs ?? nowMs) + timeoutMs;
  return because(
    'next',
    `its scripts are stopped and it ends as TimedOut at ${clockTime(limitAt, nowMs)}, in ${spell(limitAt - nowMs)}`,
  );
}

function sentence(error: unknown): string {
  if (!OctoError.is(error)) return String(error);
  return error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
}
