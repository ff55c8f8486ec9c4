import { type AuditEvent, type EventFilter, may } from '@octo/plane';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Plane } from '../plane.ts';
import { principalOf } from './access/principal.ts';
import { list, number, paged, paging, type Query, text } from './collections.ts';
import { envelope } from './documents/document-routes.ts';
import { notFound } from './errors.ts';
import { iso } from './instants.ts';
import { spaceInPath } from './scope.ts';
import { InputError } from '@octo/kernel';

const CATEGORIES = {
  Created: 'Document created',
  Modified: 'Document modified',
  Deleted: 'Document deleted',
  MachineHealthy: 'Machine found healthy',
  MachineHasWarnings: 'Machine found to have warnings',
  MachineUnhealthy: 'Machine found unhealthy',
  MachineUnavailable: 'Machine found unavailable',
  MachineEnabled: 'Machine enabled',
  MachineDisabled: 'Machine disabled',
  MachineQuarantined: 'Machine kept out of work',
  MachineDeleted: 'Machine deleted by its policy',
  AgentUpdated: 'Agent updated',
  AgentUpdateFailed: 'Agent could not be updated',
  MachineCleanupFailed: 'Machine cleanup failed',
  TaskQueued: 'Task queued',
  TaskCanceled: 'Task canceled',
  TaskStateChanged: 'State of a task set by hand',
} as const;
const DOCUMENT_TYPES = [
  'Worker',
  'WorkerPool',
  'MachinePolicy',
  'Account',
  'Proxy',
  'Certificate',
  'User',
  'Team',
  'ScopedUserRole',
  'ApiKey',
  'Space',
  'OctopusServerNode',
  'FeaturesConfiguration',
  'ServerTask',
];
const GROUPS = {
  MachineCritical: ['Machine critical events', ['MachineUnhealthy', 'MachineUnavailable']],
  MachineAvailableForDeployment: [
    'Machine becomes available for deployment',
    ['MachineHealthy', 'MachineHasWarnings', 'MachineEnabled'],
  ],
  MachineUnavailableForDeployment: [
    'Machine no longer available for deployment',
    ['MachineUnhealthy', 'MachineUnavailable', 'MachineDisabled', 'MachineQuarantined'],
  ],
} as const;
const item = (Id: string, Name: string) => ({ Id, Name });

/** The audit (R235, rest.md 2.12): who asks sees the events of the spaces in which they have EventView. */
export function eventRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/events', async (request, reply) => {
    const query = request.query as Query;
    const { items, total } = await plane.events.list({ ...(await filterOf(plane, request)), ...paging(query) });
    if (text(query, 'asCsv')?.toLowerCase() === 'true') return reply.type('text/csv; charset=utf-8').send(csv(items));
    return envelope(paged({ itemType: 'Event', path: pathOf(request), query }, items.map(eventWire), total));
  });
  app.get('/api/events/categories', async () => Object.entries(CATEGORIES).map(([id, name]) => item(id, name)));
  app.get('/api/events/groups', async () =>
    Object.entries(GROUPS).map(([id, [name, EventCategories]]) => ({ ...item(id, name), EventCategories })),
  );
  app.get('/api/events/agents', async () => [item('Octo', 'octo'), item('Other', 'Other clients')]);
  app.get('/api/events/documenttypes', async () => DOCUMENT_TYPES.map((type) => item(type, type)));
  app.get('/api/events/:id', async (request) => {
    const { id } = request.params as { id: string };
    const event = await plane.events.get(id);
    if (!event || !may(principalOf(request).grants, 'EventView', event.spaceId)) throw notFound(id);
    return eventWire(event);
  });
}

const pathOf = (request: FastifyRequest) => {
  const space = spaceInPath(request.raw);
  return space === undefined ? '/api/events' : `/api/${space}/events`;
};

async function filterOf(plane: Plane, request: FastifyRequest): Promise<Omit<EventFilter, 'skip' | 'take'>> {
  const query = request.query as Query;
  const { grants } = principalOf(request);
  const inPath = spaceInPath(request.raw);
  const wanted = list(query, 'spaces');
  const all = [...(await plane.spaces.list()).map((space) => space.id), null];
  const spaceIds = all
    .filter((id) => may(grants, 'EventView', id))
    .filter((id) => inPath === undefined || id?.toLowerCase() === inPath.toLowerCase())
    .filter((id) => !wanted || wanted.includes('all') || (id !== null && wanted.includes(id)));
  const groups = list(query, 'eventGroups')?.flatMap((id) => GROUPS[id as keyof typeof GROUPS]?.[1] ?? []);
  const categories = list(query, 'eventCategories') ?? groups;
  const regarding = [...(list(query, 'regarding') ?? []), ...(list(query, 'regardingAny') ?? [])];
  const users = list(query, 'users') ?? list(query, 'user');
  const types = list(query, 'documentTypes');
  const [from, to] = [instant(query, 'from'), instant(query, 'to')];
  const [fromNumber, toNumber] = ['fromAutoId', 'toAutoId'].map((name) => number(query, name, -1));
  return {
    spaceIds,
    ...(categories && { categories }),
    ...(regarding.length > 0 && { regarding }),
    ...(users && { userIds: users }),
    ...(types && { documentTypes: types }),
    ...(from !== undefined && { fromMs: from }),
    ...(to !== undefined && { toMs: to }),
    ...(fromNumber !== undefined && fromNumber >= 0 && { fromNumber }),
    ...(toNumber !== undefined && toNumber >= 0 && { toNumber }),
  };
}

function instant(query: Query, name: string): number | undefined {
  const value = text(query, name);
  if (value === undefined) return undefined;
  const ms = Date.parse(value);
  if (Number.isNaN(ms))
    throw new InputError('OCTO_API_QUERY', `${name} is an instant like 2026-01-31T12:00:00Z, not "${value}"`);
  return ms;
}

function eventWire(event: AuditEvent): Readonly<Record<string, unknown>> {
  const { actor, message, documentIds } = event;
  const [first = ''] = documentIds;
  return {
    Id: event.id,
    SpaceId: event.spaceId,
    Category: event.category,
    UserId: actor.userId,
    Username: actor.username,
    IsService: actor.isService,
    IdentityEstablishedWith: actor.establishedBy,
    UserAgent: actor.userAgent,
    IpAddress: actor.ipAddress,
    Occurred: iso(event.atMs),
    Message: message,
    MessageHtml: escapeHtml(message),
    MessageReferences: [],
    RelatedDocumentIds: documentIds,
    Comments: null,
    Details: null,
    ChangeDetails: {
      DocumentContext: { Id: first, Type: event.documentType },
      Differences: event.differences.map(({ member, before, after }) => ({
        Path: `/${member}`,
        Before: before,
        After: after,
      })),
    },
    Links: { Self: `/api/events/${event.id}` },
  };
}

function escapeHtml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function csv(events: readonly AuditEvent[]): string {
  // a cell that a spreadsheet would take for a formula is quoted as text
  const cell = (value: string) => `"${(/^[=+\-@]/.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`;
  const rows = events.map((it) =>
    [it.id, iso(it.atMs), it.category, it.actor.username, it.message, it.spaceId ?? '', it.documentIds.join(' ')]
      .map(cell)
      .join(','),
  );
  return ['Id,Occurred,Category,Username,Message,SpaceId,RelatedDocumentIds', ...rows, ''].join('\r\n');
}
