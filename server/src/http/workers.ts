import { toWire, type WorkerResource } from '@octo/api';
import { type Worker } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { list, paged, paging, text, type Query } from './collections.ts';
import { notFound } from './errors.ts';
import { spaceOfRequest } from './scope.ts';

/** Registered workers (rest.md 2.3). The built-in worker is none: official clients delete what they list. */
export function workerRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/workers', async (request) => {
    const query = request.query as Query;
    const space = await spaceOfRequest(plane, request.raw);
    const found = matching(await plane.workers.list(space), query);
    const page = paging(query);
    const items = found.slice(page.skip, page.skip + page.take).map(workerResource);
    return paged('Worker', `/api/${space}/workers`, items, { ...page, total: found.length }, query);
  });
  app.get('/api/workers/all', async (request) => {
    const all = await plane.workers.list(await spaceOfRequest(plane, request.raw));
    return toWire(matching(all, request.query as Query).map(workerResource));
  });
  app.get('/api/workers/:id', async (request) => {
    const { id } = request.params as { id: string };
    const worker = await plane.workers.get(id);
    if (!worker) throw notFound(id);
    return toWire(workerResource(worker));
  });
}

export function matching(workers: readonly Worker[], query: Query): readonly Worker[] {
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  const among = (name: string, value: (w: Worker) => string | readonly string[]) => {
    const wanted = list(query, name);
    return (w: Worker) => !wanted || [value(w)].flat().some((v) => wanted.some((it) => same(it, v)));
  };
  const name = text(query, 'name');
  const partial = text(query, 'partialName')?.toLowerCase();
  const isDisabled = text(query, 'isDisabled');
  return workers
    .filter(among('ids', (w) => w.id))
    .filter(among('healthStatuses', (w) => w.health))
    .filter(among('commStyles', (w) => w.style))
    .filter(among('workerPoolIds', (w) => w.poolIds))
    .filter(among('thumbprint', (w) => word(w.endpoint['Thumbprint'])))
    .filter((w) => name === undefined || same(w.name, name))
    .filter((w) => partial === undefined || w.name.toLowerCase().includes(partial))
    .filter((w) => isDisabled === undefined || String(w.isDisabled) === isDisabled.toLowerCase());
}

/** An endpoint's member is stored as it came; only a text can be compared. */
function word(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function workerResource(worker: Worker): WorkerResource & Readonly<Record<string, unknown>> {
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
    status: worker.isDisabled ? 'Disabled' : worker.health === 'Healthy' ? 'Online' : 'Unknown',
    hasLatestCalamari: true,
    statusSummary: worker.statusSummary,
    isInProcess: false,
    operatingSystem: 'Unknown',
    shellName: 'Unknown',
    shellVersion: 'Unknown',
    thumbprint: worker.endpoint['Thumbprint'] ?? null,
    uri: worker.endpoint['Uri'] ?? null,
    endpoint: { ...worker.endpoint, communicationStyle: worker.style },
    links: { Self: self, Connection: `${self}/connection`, TasksTemplate: `${self}/tasks{?skip,take}` },
  };
}
