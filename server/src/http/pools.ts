import { spell } from '@octo/api/documents';
import { InputError, parse } from '@octo/kernel';
import { type WorkerPool } from '@octo/plane';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Plane } from '../plane.ts';
import { audited, noted } from './access/audited.ts';
import { pageOf, type Query } from './collections.ts';
import { envelope } from './documents/document-routes.ts';
import { notFound } from './errors.ts';
import { isSame, named } from './filters.ts';
import { textOf } from './members.ts';
import { poolWire, selfOf } from './pool-wire.ts';
import { spaceOfRequest } from './scope.ts';
import { matching, workerWire } from './workers.ts';

export const poolSchema = z.looseObject({
  Name: z.string().trim().min(1).max(200),
  Description: z.string().nullish(),
  IsDefault: z.boolean().nullish(),
  SortOrder: z.int().nullish(),
  Slug: z.string().nullish(),
  WorkerPoolType: z.enum(['StaticWorkerPool', 'DynamicWorkerPool']).default('StaticWorkerPool'),
  WorkerType: z.string().nullish(),
});

/** Source: rest.md 2.4. */
export function poolRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/workerpools', async (request) => {
    const query = request.query as Query;
    const space = await spaceOfRequest(plane, request.raw);
    const found = (await plane.pools.list(space)).filter(named(query)).map(poolWire);
    return envelope(pageOf({ itemType: 'WorkerPool', path: `/api/${space}/workerpools`, query }, found));
  });
  app.get('/api/workerpools/all', async (request) => {
    const all = await plane.pools.list(await spaceOfRequest(plane, request.raw));
    return all.filter(named(request.query as Query)).map(poolWire);
  });
  app.get('/api/workerpools/:id', async (request) => poolWire(await poolOf(plane, request)));
  app.get('/api/workerpools/:id/workers', async (request) => {
    const { id, spaceId } = await poolOf(plane, request);
    const query = request.query as Query;
    const inPool = (await plane.workers.list(spaceId)).filter((w) => w.poolIds.includes(id));
    const path = `/api/${spaceId}/workerpools/${id}/workers`;
    return envelope(pageOf({ itemType: 'Worker', path, query }, matching(inPool, query).map(workerWire)));
  });
  changes(app, plane);
}

function changes(app: FastifyInstance, plane: Plane): void {
  app.post('/api/workerpools', async (request, reply) => {
    const spaceId = await spaceOfRequest(plane, request.raw);
    const audit = audited<WorkerPool>(plane, request, 'WorkerPool', 'Created', { wire: poolWire });
    const pool = await plane.pools.add({ spaceId, ...(await readPool(request.body)) }, audit);
    return reply.status(201).header('location', selfOf(pool)).send(poolWire(pool));
  });
  app.put('/api/workerpools/sortorder', async (request) => {
    const space = await spaceOfRequest(plane, request.raw);
    const ids = await parse(z.array(z.string()), request.body, 'the order');
    const message = 'The order of the worker pools was changed';
    const event = { category: 'Modified', message, documentType: 'WorkerPool', documentIds: ids, spaceId: space };
    await plane.pools.sort(space, ids, noted(plane, request, event));
    return {};
  });
  app.put('/api/workerpools/:id', async (request) => {
    const before = await poolOf(plane, request);
    const wanted = await readPool(request.body, before);
    const audit = audited<WorkerPool>(plane, request, 'WorkerPool', 'Modified', { before, wire: poolWire });
    const after = await plane.pools.update({ ...before, ...wanted }, audit);
    plane.signals.publish('leases');
    return poolWire(after);
  });
  app.delete('/api/workerpools/:id', async (request) => {
    const pool = await poolOf(plane, request);
    await plane.pools.remove(
      pool,
      audited<WorkerPool>(plane, request, 'WorkerPool', 'Deleted', { before: pool, wire: poolWire }),
    );
    return {};
  });
}

const KNOWN = new Set(
  [
    'Id',
    'SpaceId',
    'Name',
    'Slug',
    'Description',
    'IsDefault',
    'SortOrder',
    'CanAddWorkers',
    'Links',
    'LastModifiedOn',
    'LastModifiedBy',
  ].map((name) => name.toLowerCase()),
);

async function readPool(body: unknown, before?: WorkerPool): Promise<Omit<WorkerPool, 'id' | 'spaceId'>> {
  const wanted = await parse(poolSchema, spell(poolSchema, body ?? {}), 'the worker pool');
  const details = Object.fromEntries(Object.entries(wanted).filter(([name]) => !KNOWN.has(name.toLowerCase())));
  const type = before?.details['WorkerPoolType'] ?? wanted.WorkerPoolType;
  if (type !== wanted.WorkerPoolType)
    throw new InputError(
      'OCTO_POOL_TYPE',
      `${before?.name ?? ''} is a ${textOf(type) ?? ''}; a pool's type cannot be changed`,
    );
  return {
    name: wanted.Name,
    slug: wanted.Slug?.trim() || (before?.slug ?? ''),
    description: wanted.Description ?? '',
    isDefault: wanted.IsDefault ?? before?.isDefault ?? false,
    sortOrder: wanted.SortOrder ?? before?.sortOrder ?? 0,
    details,
  };
}

/** By id or slug, in the request's space. */
async function poolOf(plane: Plane, request: FastifyRequest): Promise<WorkerPool> {
  const { id } = request.params as { id: string };
  const pools = await plane.pools.list(await spaceOfRequest(plane, request.raw));
  const pool = pools.find((p) => isSame(p.id, id)) ?? pools.find((p) => isSame(p.slug, id));
  if (!pool) throw notFound(id);
  return pool;
}
