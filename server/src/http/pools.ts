import { toWire, type WorkerPoolResource } from '@octo/api';
import { type WorkerPool } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { list, paged, paging, text, type Query } from './collections.ts';
import { notFound } from './errors.ts';
import { spaceOfRequest } from './scope.ts';
import { matching, workerResource } from './workers.ts';

/** Source: rest.md 2.4. */
export function poolRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/workerpools', async (request) => {
    const query = request.query as Query;
    const space = await spaceOfRequest(plane, request.raw);
    const found = filtered(await plane.pools.list(space), query);
    const page = paging(query);
    const items = found.slice(page.skip, page.skip + page.take).map(poolResource);
    return paged('WorkerPool', `/api/${space}/workerpools`, items, { ...page, total: found.length }, query);
  });
  app.get('/api/workerpools/all', async (request) => {
    const all = await plane.pools.list(await spaceOfRequest(plane, request.raw));
    return toWire(filtered(all, request.query as Query).map(poolResource));
  });
  app.get('/api/workerpools/:id', async (request) => toWire(poolResource(await poolOf(plane, request.params))));
  app.get('/api/workerpools/:id/workers', async (request) => {
    const pool = await poolOf(plane, request.params);
    const query = request.query as Query;
    const all = (await plane.workers.list(pool.spaceId)).filter((w) => w.poolIds.includes(pool.id));
    const found = matching(all, query);
    const page = paging(query);
    const items = found.slice(page.skip, page.skip + page.take).map(workerResource);
    return paged('Worker', `/api/${pool.spaceId}/workerpools/${pool.id}/workers`, items, {
      ...page,
      total: found.length,
    });
  });
}

async function poolOf(plane: Plane, params: unknown): Promise<WorkerPool> {
  const { id } = params as { id: string };
  const pool = await plane.pools.get(id);
  if (!pool) throw notFound(id);
  return pool;
}

function filtered(pools: readonly WorkerPool[], query: Query): readonly WorkerPool[] {
  const ids = list(query, 'ids')?.map((id) => id.toLowerCase());
  const name = text(query, 'name')?.toLowerCase();
  const partial = text(query, 'partialName')?.toLowerCase();
  return pools
    .filter((p) => !ids || ids.includes(p.id.toLowerCase()))
    .filter((p) => name === undefined || p.name.toLowerCase() === name)
    .filter((p) => partial === undefined || p.name.toLowerCase().includes(partial));
}

function poolResource(pool: WorkerPool): WorkerPoolResource & Readonly<Record<string, unknown>> {
  const self = `/api/${pool.spaceId}/workerpools/${pool.id}`;
  return {
    ...pool,
    workerPoolType: 'StaticWorkerPool',
    canAddWorkers: true,
    links: {
      Self: self,
      Workers: `${self}/workers{?skip,take,partialName,isDisabled,healthStatuses,commStyles,shellNames}`,
    },
  };
}
