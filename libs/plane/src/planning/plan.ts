import { InputError, NotFoundError } from '@octo/kernel';
import { type ActionRequest, type TaskRequest } from '../model/request.ts';
import { type WorkerPool } from '../model/worker.ts';

export interface PlannedAction {
  /** 1 for the first action of the task. */
  readonly number: number;
  readonly name: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly files?: ActionRequest['files'];
  readonly pool: WorkerPool;
  /** The one worker that may run it. */
  readonly workerId?: string;
  /** Where the pool comes from, for the log (R66). */
  readonly poolBecause: string;
}

/** Resolve every action's pool once, before anything runs (R48). Refuses what cannot work, naming all of it. */
export function planTask(request: TaskRequest, pools: readonly WorkerPool[]): readonly PlannedAction[] {
  if (request.health) return [];
  if (request.actions.length === 0) throw new InputError('OCTO_PLAN_EMPTY', 'the process has no actions');
  refuseDoubleNames(request.actions);
  return request.actions.map((action, index) => ({
    number: index + 1,
    name: action.name,
    type: action.type,
    properties: action.properties,
    ...(action.files && { files: action.files }),
    ...(action.workerId !== undefined && { workerId: action.workerId }),
    ...choosePool(action, request, pools),
  }));
}

function choosePool(action: ActionRequest, request: TaskRequest, pools: readonly WorkerPool[]) {
  if (action.pool !== undefined)
    return { pool: findPool(action.pool, pools), poolBecause: `named by action "${action.name}"` };
  if (request.pool !== undefined) return { pool: findPool(request.pool, pools), poolBecause: 'named by the task' };
  const pool = pools.find((p) => p.isDefault);
  if (!pool) throw new NotFoundError('OCTO_POOL_NO_DEFAULT', 'the space has no default worker pool');
  return { pool, poolBecause: 'default of the space' };
}

/** By id, slug or name; case does not matter. */
export function findPool(wanted: string, pools: readonly WorkerPool[]): WorkerPool {
  const key = wanted.trim().toLowerCase();
  const pool = pools.find((p) => [p.id, p.slug, p.name].some((word) => word.toLowerCase() === key));
  if (pool) return pool;
  throw new NotFoundError('OCTO_POOL_NOT_FOUND', `there is no worker pool "${wanted}"`, {
    hint: `choose one of: ${pools.map((p) => p.name).join(', ')}`,
  });
}

/** Output variables are looked up by action name, so a name stands for one action (calamari.md 5.4). */
function refuseDoubleNames(actions: readonly ActionRequest[]): void {
  const seen = new Set<string>();
  for (const { name } of actions) {
    const key = name.trim().toLowerCase();
    if (key === '') throw new InputError('OCTO_PLAN_NAME', 'an action has no name');
    if (seen.has(key)) throw new InputError('OCTO_PLAN_NAME', `two actions have the name "${name}"`);
    seen.add(key);
  }
}
