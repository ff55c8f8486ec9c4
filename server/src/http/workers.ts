import { tasksForm, workerForm, type OctopusWorker } from '@octo/api';
import { type Worker, type WorkerFilter } from '@octo/plane';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Plane } from '../plane.ts';
import { audited } from './access/audited.ts';
import { flag, list, paged, paging, type Query, text } from './collections.ts';
import { envelope } from './documents/document-routes.ts';
import { notFound } from './errors.ts';
import { among, isSame, named } from './filters.ts';
import { iso } from './instants.ts';
import { textOf } from './members.ts';
import { spaceOfRequest } from './scope.ts';
import { readWorker } from './worker-input.ts';
import { taskResource, totalCounts } from './task-resource.ts';

/** Registered workers (rest.md 2.3). The built-in worker is none: official clients delete what they list. */
export function workerRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/workers', async (request) => {
    const query = request.query as Query;
    const space = await spaceOfRequest(plane, request.raw);
    const { items, total } = await plane.workers.find({ ...workerFilter(space, query), ...paging(query) });
    const asked = { itemType: 'Worker', path: `/api/${space}/workers`, query };
    return envelope(paged(asked, items.map(workerWire), total));
  });
  app.get('/api/workers/all', async (request) => {
    const all = await plane.workers.list(await spaceOfRequest(plane, request.raw));
    return matching(all, request.query as Query).map(workerWire);
  });
  app.get('/api/workers/:id', async (request) => workerWire(await workerOf(plane, request)));
  changes(app, plane);
  insights(app, plane);
}

function changes(app: FastifyInstance, plane: Plane): void {
  app.post('/api/workers', async (request, reply) => {
    const spaceId = await spaceOfRequest(plane, request.raw);
    const { skipsCheck, ...wanted } = await readWorker(plane, spaceId, request.body);
    const audit = audited<Worker>(plane, request, 'Worker', 'Created', { wire: workerWire, related: wanted.poolIds });
    const worker = await plane.workers.add(
      { ...wanted, health: 'Unknown', statusSummary: newSummary(plane, wanted.style), details: wanted.details },
      audit,
    );
    publishChange(plane);
    if (!skipsCheck) await firstCheck(plane, worker, 'was added');
    return reply.status(201).header('location', selfOf(worker)).send(workerWire(worker));
  });
  app.put('/api/workers/:id', async (request) => {
    const before = await workerOf(plane, request);
    const { skipsCheck: _, ...wanted } = await readWorker(plane, before.spaceId, request.body, before);
    const isMoved = JSON.stringify([before.style, before.endpoint]) !== JSON.stringify([wanted.style, wanted.endpoint]);
    const found = isMoved ? { health: 'Unknown' as const, statusSummary: newSummary(plane, wanted.style) } : {};
    const after = await plane.workers.update(
      { ...before, ...wanted, ...found },
      audited<Worker>(plane, request, 'Worker', 'Modified', { before, wire: workerWire, related: wanted.poolIds }),
    );
    publishChange(plane);
    if (isMoved && !after.isDisabled) await firstCheck(plane, after, 'has another endpoint');
    return workerWire(after);
  });
  app.delete('/api/workers/:id', async (request) => {
    const worker = await workerOf(plane, request);
    const audit = audited<Worker>(plane, request, 'Worker', 'Deleted', { before: worker, wire: workerWire });
    await plane.workers.remove(worker, plane.clock.now(), audit);
    publishChange(plane);
    return {};
  });
}

/** Who waits for a worker looks again; who serves agents drops connections that are not registered any more. */
function publishChange({ signals }: Plane): void {
  signals.publish('leases');
  signals.publish('workers');
}

/** Who calls us is checked when it does (see inbound/welcome.ts): now it would only be waited for. */
export async function firstCheck(plane: Plane, worker: Worker, because: string): Promise<void> {
  if (plane.registry.transport(worker.style)?.reach === 'where-connected') return;
  await plane.checkWorkers([worker], because);
}

function insights(app: FastifyInstance, plane: Plane): void {
  app.get('/api/workers/operatingsystem/names/all', async (request) => distinct(plane, request, 'operatingSystem'));
  app.get('/api/workers/operatingsystem/shells/all', async (request) => distinct(plane, request, 'shellName'));
  app.get('/api/workers/:id/connection', async (request) => {
    const worker = await workerOf(plane, request);
    const { details } = worker;
    const lines = Array.isArray(details['CheckLog']) ? details['CheckLog'] : [];
    const connections = await plane.connections.of([worker.id]);
    const seenAtMs = (await plane.connections.lastSeen([worker.id])).get(worker.id);
    return {
      MachineId: worker.id,
      Status: statusOf(worker),
      CurrentTentacleVersion: textOf(details['AgentVersion']) ?? null,
      LastChecked: textOf(details['LastChecked']) ?? null,
      Logs: lines.map((text, n) => ({
        Category: worker.health === 'Healthy' ? 'Info' : 'Warning',
        OccurredAt: textOf(details['LastChecked']) ?? iso(plane.clock.now()),
        MessageText: String(text),
        Detail: null,
        Number: n + 1,
      })),
      Connections: connections.map(({ nodeId, sinceMs }) => ({ NodeId: nodeId, Since: iso(sinceMs) })),
      LastSeen: seenAtMs === undefined ? null : iso(seenAtMs),
      Links: { Self: `${selfOf(worker)}/connection`, Worker: selfOf(worker) },
    };
  });
  app.get('/api/workers/:id/tasks', async (request) => {
    const worker = await workerOf(plane, request);
    const query = request.query as Query;
    const { items, total } = await plane.tasks.list({ workerId: worker.id, ...paging(query) });
    const nowMs = plane.clock.now();
    const asked = { itemType: 'Task', path: `${selfOf(worker)}/tasks`, query };
    return tasksForm.toWire({
      ...paged(
        asked,
        items.map((task) => taskResource(task, nowMs)),
        total,
      ),
      totalCounts: totalCounts({}),
      totalCountsInOtherSpaces: {},
    });
  });
}

async function distinct(plane: Plane, request: FastifyRequest, member: 'operatingSystem' | 'shellName') {
  const workers = await plane.workers.list(await spaceOfRequest(plane, request.raw));
  return [...new Set(workers.map((worker) => workerResource(worker)[member]))].sort();
}

/** By id or slug, in the request's space. */
async function workerOf(plane: Plane, request: FastifyRequest): Promise<Worker> {
  const { id } = request.params as { id: string };
  const space = await spaceOfRequest(plane, request.raw);
  const worker = (await plane.workers.get(id)) ?? (await plane.workers.list(space)).find((w) => isSame(w.slug, id));
  if (worker?.spaceId !== space) throw notFound(id);
  return worker;
}

/** What a list shows until the first check has ended; for a style that nobody speaks: what is missing. */
export function newSummary(plane: Plane, style: string): string {
  if (plane.registry.transport(style)?.reach === 'where-connected')
    return 'This machine was recently added. It is checked when it connects.';
  if (plane.styles().includes(style)) return 'This machine was recently added. Please perform a health check.';
  return `No loaded plugin speaks ${style}: install one (octo plugin add), or this worker cannot be used`;
}

/** The same filters as {@link matching}, for the database. */
function workerFilter(spaceId: string, query: Query): Omit<WorkerFilter, 'skip' | 'take'> {
  const isDisabled = flag(query, 'isDisabled');
  const [name, partialName] = [text(query, 'name'), text(query, 'partialName')];
  const lists = {
    ids: list(query, 'ids'),
    health: list(query, 'healthStatuses'),
    styles: list(query, 'commStyles'),
    poolIds: list(query, 'workerPoolIds'),
    thumbprints: list(query, 'thumbprint'),
    shellNames: list(query, 'shellNames'),
  };
  return {
    spaceId,
    ...(Object.fromEntries(Object.entries(lists).filter(([, value]) => value)) as Partial<WorkerFilter>), // those asked for
    ...(name !== undefined && { name }),
    ...(partialName !== undefined && { partialName }),
    ...(isDisabled !== undefined && { isDisabled }),
  };
}

export function matching(workers: readonly Worker[], query: Query): readonly Worker[] {
  const isDisabled = flag(query, 'isDisabled');
  return workers
    .filter(named(query))
    .filter(among(query, 'healthStatuses', (w) => [w.health]))
    .filter(among(query, 'commStyles', (w) => [w.style]))
    .filter(among(query, 'workerPoolIds', (w) => w.poolIds))
    .filter(among(query, 'thumbprint', (w) => [thumbprintOf(w) ?? '']))
    .filter(among(query, 'shellNames', (w) => [textOf(w.details['ShellName']) ?? UNKNOWN]))
    .filter((w) => isDisabled === undefined || w.isDisabled === isDisabled);
}

/** Until a health check has looked. */
const UNKNOWN = 'Unknown';
export const selfOf = ({ spaceId, id }: Pick<Worker, 'spaceId' | 'id'>) => `/api/${spaceId}/workers/${id}`;

export function workerWire(worker: Worker): Readonly<Record<string, unknown>> {
  const more = worker.details['Unknown']; // what a client sent and nobody here knows
  const known = workerForm.toWire(workerResource(worker)) as Readonly<Record<string, unknown>>; // an object for an object
  return { ...(more as object | undefined), ...known };
}

export function workerResource(worker: Worker): OctopusWorker {
  const self = selfOf(worker);
  const { details, endpoint } = worker;
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
    operatingSystem: textOf(details['OperatingSystem']) ?? UNKNOWN,
    shellName: textOf(details['ShellName']) ?? UNKNOWN,
    shellVersion: textOf(details['ShellVersion']) ?? UNKNOWN,
    operatingSystemVersion: textOf(details['OperatingSystemVersion']) ?? null,
    architecture: textOf(details['Architecture']) ?? null,
    skipInitialHealthCheck: false,
    thumbprint: thumbprintOf(worker) ?? null,
    uri: textOf(endpoint['Uri']) ?? null,
    endpoint: {
      Id: null,
      Links: {},
      LastModifiedOn: null,
      LastModifiedBy: null,
      ...endpoint,
      communicationStyle: worker.style,
    },
    links: { Self: self, Connection: `${self}/connection`, TasksTemplate: `${self}/tasks{?skip,take}` },
  };
}

/** The older word for health (rest.md 2.3). */
function statusOf({ isDisabled, health }: Worker): string {
  if (isDisabled) return 'Disabled';
  if (health === 'Healthy' || health === 'HasWarnings') return 'Online';
  return health === 'Unavailable' ? 'Offline' : UNKNOWN;
}
function thumbprintOf({ endpoint }: Worker): string | undefined {
  const inner = endpoint['TentacleEndpointConfiguration'];
  const nested =
    typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)['Thumbprint'] : undefined; // any object may be read so
  return textOf(endpoint['Thumbprint']) ?? textOf(nested);
}
