import { HEALTH, type Worker } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { flag, type Query, text } from './collections.ts';
import { named } from './filters.ts';
import { poolWire } from './pool-wire.ts';
import { spaceOfRequest } from './scope.ts';
import { matching } from './workers.ts';

/** Totals by health and style, over all and for each pool, and which kinds of pools there are (rest.md 2.4). */
export function poolSummaryRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/workerpools/summary', async (request) => {
    const query = request.query as Query;
    const space = await spaceOfRequest(plane, request.raw);
    const { ids: _, partialName: __, name: ___, ...ofWorkers } = query;
    const partial = text(query, 'machinePartialName');
    const workers = matching(await plane.workers.list(space), {
      ...ofWorkers,
      ...(partial !== undefined && { partialName: partial }),
    });
    const hidesEmpty = flag(query, 'hideEmptyWorkerPools') ?? flag(query, 'hideEmptyPools') ?? false;
    const pools = (await plane.pools.list(space)).filter(named(query)).map((pool) => {
      const inside = workers.filter((worker) => worker.poolIds.includes(pool.id));
      return { WorkerPool: poolWire(pool), ...totals(inside) };
    });
    return {
      ...totals(workers),
      WorkerPoolSummaries: pools.filter((pool) => !hidesEmpty || pool.TotalMachines > 0),
      Links: { Self: `/api/${space}/workerpools/summary` },
    };
  });
  app.get('/api/workerpools/supportedtypes', async () => ({ SupportedPoolTypes: ['StaticWorkerPool'], Links: {} }));
  /** No plugin makes workers on demand yet. */
  app.get('/api/workerpools/dynamicworkertypes', async () => ({
    Id: 'dynamicworkertypes',
    WorkerTypes: [],
    Links: {},
  }));
}

function totals(workers: readonly Worker[]) {
  const count = (fits: (worker: Worker) => boolean) => workers.filter(fits).length;
  const styles = [...new Set(workers.map((worker) => worker.style))];
  return {
    TotalMachines: workers.length,
    TotalDisabledMachines: count((worker) => worker.isDisabled),
    MachineHealthStatusSummaries: Object.fromEntries(
      HEALTH.map((health) => [health, count((worker) => worker.health === health)]),
    ),
    MachineEndpointSummaries: Object.fromEntries(styles.map((style) => [style, count((it) => it.style === style)])),
    TentacleUpgradesRequired: false,
    MachineIdsForCalamariUpgrade: [],
    MachineIdsForTentacleUpgrade: [],
  };
}
