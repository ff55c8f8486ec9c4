import { type Clock } from '@octo/kernel';
import { type ServerTask } from '../model/task.ts';
import { type Worker } from '../model/worker.ts';
import { type Tasks } from '../ports.ts';

export interface FirstCheckDeps {
  readonly tasks: Tasks;
  readonly clock: Clock;
  /** No server runs in this process. */
  readonly onlyOwn: boolean;
}

/** Enabled, and nothing is known of it yet. */
export const isNew = ({ isDisabled, health }: Worker): boolean => !isDisabled && health === 'Unknown';

/**
 * Those of the workers that a check is about to look at for the first time: whoever has just registered a machine and
 * runs something on it waits for that, and does not fail (P, beside R51). A check counts that runs, or that was queued
 * before the task: such a one is never kept from a slot by tasks that wait for it.
 */
export async function inFirstCheck(
  deps: FirstCheckDeps,
  { taskId, spaceId }: { readonly taskId: string; readonly spaceId: string },
  workers: readonly Worker[],
): Promise<readonly Worker[]> {
  const fresh = workers.filter(isNew);
  if (fresh.length === 0) return [];
  const checked = new Set<string>();
  for (const check of await openChecks(deps, taskId, spaceId))
    for (const id of (await deps.tasks.request(check.id)).health?.workerIds ?? []) checked.add(id);
  return fresh.filter(({ id }) => checked.has(id));
}

async function openChecks({ tasks, clock, onlyOwn }: FirstCheckDeps, taskId: string, spaceId: string) {
  const checks = { name: 'Health', spaceIds: [spaceId], skip: 0, take: 1_000 };
  const running = (await tasks.list({ ...checks, states: ['Executing'] })).items;
  const isHeld = ({ claim }: ServerTask) => claim !== undefined && claim.untilMs > clock.now();
  // nobody is sure to take what is queued where no server runs
  const queued = onlyOwn ? [] : (await tasks.list({ ...checks, queuedBefore: taskId })).items;
  return [...running.filter(isHeld), ...queued];
}
