import { type OctopusWorkerPool, workerPoolForm } from '@octo/api';
import { type WorkerPool } from '@octo/plane';

/** A pool as the wire has it (rest.md 2.4). */
export const selfOf = (pool: WorkerPool) => `/api/${pool.spaceId}/workerpools/${pool.id}`;

export function poolWire(pool: WorkerPool): Readonly<Record<string, unknown>> {
  const known = workerPoolForm.toWire(poolResource(pool)) as Readonly<Record<string, unknown>>; // an object for an object
  return { ...pool.details, ...known };
}

function poolResource(pool: WorkerPool): OctopusWorkerPool {
  const { details, ...rest } = pool;
  const self = selfOf(pool);
  const isDynamic = details['WorkerPoolType'] === 'DynamicWorkerPool';
  return {
    ...rest,
    workerPoolType: isDynamic ? 'DynamicWorkerPool' : 'StaticWorkerPool',
    canAddWorkers: !isDynamic, // computed: clients send false always (rest.md 2.4)
    links: {
      Self: self,
      Workers: `${self}/workers{?skip,take,partialName,isDisabled,healthStatuses,commStyles,shellNames}`,
    },
  };
}
