import { listOf, pagedOf, workerForm, type OctopusWorker } from '@octo/api';
import { type Worker } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { flag, pageOf, type Query } from './collections.ts';
import { notFound } from './errors.ts';
import { among, isSame, named } from './filters.ts';
import { spaceOfRequest } from './scope.ts';

export const workersForm = pagedOf(workerForm);
const list = listOf(workerForm);

/** Registered workers (rest.md 2.3). The built-in worker is none: official clients delete what they list. */
export function workerRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/workers', async (request) => {
    const query = request.query as Query;
    const space = await spaceOfRequest(plane, request.raw);
    const found = matching(await plane.workers.list(space), query).map(workerResource);
    return workersForm.toWire(pageOf({ itemType: 'Worker', path: `/api/${space}/workers`, query }, found));
  });
  app.get('/api/workers/all', async (request) => {
    const all = await plane.workers.list(await spaceOfRequest(plane, request.raw));
    return list.toWire(matching(all, request.query as Query).map(workerResource));
  });
  app.get('/api/workers/:id', async (request) => {
    const { id } = request.params as { id: string };
    const space = await spaceOfRequest(plane, request.raw);
    const worker = (await plane.workers.get(id)) ?? (await plane.workers.list(space)).find((w) => isSame(w.slug, id));
    if (worker?.spaceId !== space) throw notFound(id);
    return workerForm.toWire(workerResource(worker));
  });
}

export function matching(workers: readonly Worker[], query: Query): readonly Worker[] {
  const isDisabled = flag(query, 'isDisabled');
  return workers
    .filter(named(query))
    .filter(among(query, 'healthStatuses', (w) => [w.health]))
    .filter(among(query, 'commStyles', (w) => [w.style]))
    .filter(among(query, 'workerPoolIds', (w) => w.poolIds))
    .filter(among(query, 'thumbprint', (w) => [textOf(w.endpoint['Thumbprint']) ?? '']))
    .filter(among(query, 'shellNames', () => [UNKNOWN]))
    .filter((w) => isDisabled === undefined || w.isDisabled === isDisabled);
}

/** Until a health check has looked. */
const UNKNOWN = 'Unknown';

export function workerResource(worker: Worker): OctopusWorker {
  const self = `/api/${worker.spaceId}/workers/${worker.id}`;
  return {
    id: worker.id,
    spaceId: worker.spaceId,
    name: worker.name,
    slug: worker.slug,
    workerPoolIds: worker.poolIds,
    machinePolicyId: worker.machinePolicyId,
    isDisabled: worker.isDisabled,
    healthStatus: worker.health,
    status: statusOf(worker),
    hasLatestCalamari: true,
    statusSummary: worker.statusSummary,
    isInProcess: false,
    operatingSystem: UNKNOWN,
    shellName: UNKNOWN,
    shellVersion: UNKNOWN,
    thumbprint: textOf(worker.endpoint['Thumbprint']) ?? null,
    uri: textOf(worker.endpoint['Uri']) ?? null,
    endpoint: { ...worker.endpoint, communicationStyle: worker.style },
    links: { Self: self },
  };
}

/** The older word for health (rest.md 2.3). */
function statusOf({ isDisabled, health }: Worker): string {
  if (isDisabled) return 'Disabled';
  if (health === 'Healthy' || health === 'HasWarnings') return 'Online';
  return health === 'Unavailable' ? 'Offline' : UNKNOWN;
}

/** An endpoint's member is stored as it came; only a text can be shown or compared. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
