import { type Clock, failpoint, InputError, NotFoundError } from '@octo/kernel';
import { type Limits } from '../limits.ts';
import { type TaskRequest } from '../model/request.ts';
import { isOver, type ServerTask } from '../model/task.ts';
import { planTask } from '../planning/plan.ts';
import { type Journal, type Pools, type Registry, type Signals, type Tasks } from '../ports.ts';

export interface QueueDeps {
  readonly tasks: Tasks;
  readonly journal: Journal;
  readonly pools: Pools;
  readonly registry: Registry;
  readonly signals: Signals;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** Put a task in the queue. What can be refused now is refused now: step types, pools, names. */
export async function enqueue(
  deps: QueueDeps,
  spaceId: string,
  request: TaskRequest,
  onlyNodeId?: string,
): Promise<ServerTask> {
  planTask(request, await deps.pools.list(spaceId));
  for (const { type, name } of request.actions) {
    if (!deps.registry.step(type))
      throw new InputError('OCTO_STEP_TYPE', `no plugin runs steps of type ${type} (action "${name}")`, {
        hint: `choose one of: ${deps.registry.stepTypes().join(', ')}`,
      });
  }
  const nowMs = deps.clock.now();
  const task = await deps.tasks.enqueue(spaceId, request, {
    nowMs,
    expiresAtMs: nowMs + (request.queueTimeoutMs ?? deps.limits.queueMs),
    ...(onlyNodeId !== undefined && { onlyNodeId }),
  });
  failpoint('enqueued');
  deps.signals.publish('queue');
  return task;
}

/** Ask a task to stop. A queued one ends at once; a running one is told by the node that holds it (R153). */
export async function cancelTask(deps: QueueDeps, taskId: string): Promise<ServerTask> {
  const before = await deps.tasks.get(taskId);
  const task = await deps.tasks.requestCancel(taskId, deps.clock.now());
  if (!before || !task)
    throw new NotFoundError('OCTO_TASK_NOT_FOUND', `there is no task ${taskId}`, { hint: 'octo task list' });
  failpoint('cancel-requested');
  if (before.state === 'Queued' && isOver(task.state)) {
    const text = 'Cancelled before it started; nothing has run';
    await deps.journal.appendUnclaimed(taskId, [{ activityId: '', category: 'Warning', atMs: deps.clock.now(), text }]);
  }
  deps.signals.publish('cancel');
  deps.signals.publish(`task:${taskId}`);
  return task;
}
