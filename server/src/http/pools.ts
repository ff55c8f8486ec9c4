import { listOf, pagedOf, workerPoolForm, type OctopusWorkerPool } from '@octo/api';
import { type WorkerPool } from '@octo/plane';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Plane } from '../plane.ts';
import { pageOf, type Query } from './collections.ts';
import { notFound } from './errors.ts';
import { isSame, named } from './filters.ts';
import { spaceOfRequest } from './scope.ts';
import { matching, workerResource, workersForm } from './workers.ts';

const [list, page] = [listOf(workerPoolForm), pagedOf(workerPoolForm)];

/** Source: rest.md 2.4. */
export function poolRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/workerpools', async (request) => {
    const query = request.query as Query;
    const space = await spaceOfRequest(plane, request.raw);
    const found = (await plane.pools.list(space)).filter(named(query)).map(poolResource);
    return page.toWire(pageOf({ itemType: 'WorkerPool', path: `/api/${space}/workerpools`, query }, found));
  });
  app.get('/api/workerpools/all', async (request) => {
    const all = await plane.pools.list(await spaceOfRequest(plane, request.raw));
    return list.toWire(all.filter(named(request.query as Query)).map(poolResource));
  });
  app.get('/api/workerpools/:id', async (request) => workerPoolForm.toWire(poolResource(await poolOf(plane, request))));
  app.get('/api/workerpools/:id/workers', async (request) => {
    const { id, spaceId } = await poolOf(plane, request);
    const query = request.query as Query;
    const inPool = (await plane.workers.list(spaceId)).filter((w) => w.poolIds.includes(id));
    const path = `/api/${spaceId}/workerpools/${id}/workers`;
    return workersForm.toWire(pageOf({ itemType: 'Worker', path, query }, matching(inPool, query).map(workerResource)));
  });
}

/** By id or slug, in the request's space. */
async function poolOf(plane: Plane, request: FastifyRequest): Promise<WorkerPool> {
  const { id } = request.params as { id: string };
  const pools = await plane.pools.list(await spaceOfRequest(plane, request.raw));
  const pool = pools.find((p) => isSame(p.id, id)) ?? pools.find((p) => isSame(p.slug, id));
  if (!pool) throw notFound(id);
  return pool;
}

function poolResource(pool: WorkerPool): OctopusWorkerPool {
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
