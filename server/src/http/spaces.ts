import { listOf, pagedOf, spaceForm, type OctopusSpace } from '@octo/api';
import { spell } from '@octo/api/documents';
import { InputError, parse } from '@octo/kernel';
import { spacesOf, type SpaceRecord } from '@octo/plane';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Plane } from '../plane.ts';
import { audited } from './access/audited.ts';
import { type Gate } from './access/guard.ts';
import { principalOf } from './access/principal.ts';
import { pageOf, type Query } from './collections.ts';
import { notFound } from './errors.ts';
import { isSame, named } from './filters.ts';
import { iso } from './instants.ts';

const [list, page] = [listOf(spaceForm), pagedOf(spaceForm)];
export const spaceSchema = z.looseObject({
  Name: z.string().trim().min(1).max(200),
  Slug: z.string().nullish(),
  Description: z.string().nullish(),
  IsDefault: z.boolean().nullish(),
  TaskQueueStopped: z.boolean().nullish(),
  SpaceManagersTeams: z.array(z.string()).nullish(),
  SpaceManagersTeamMembers: z.array(z.string()).nullish(),
});

/** Source: rest.md 2.1. Everybody sees the spaces in which they may see something. */
export function spaceRoutes(app: FastifyInstance, plane: Plane, gate: Gate): void {
  const found = async (request: FastifyRequest, query: Query) => {
    const all = await plane.spaces.list();
    const seen = spacesOf(
      principalOf(request).grants,
      all.map((space) => space.id),
    );
    return all.filter((space) => seen.includes(space.id)).filter(named(query));
  };
  const one = async (request: FastifyRequest): Promise<SpaceRecord> => {
    const { id } = request.params as { id: string };
    const space = (await found(request, {})).find((it) => isSame(it.id, id) || isSame(it.slug, id));
    if (!space) throw notFound(id);
    return space;
  };
  app.get('/api/spaces', async (request) => {
    const query = request.query as Query;
    const spaces = (await found(request, query)).map(spaceResource);
    return page.toWire(pageOf({ itemType: 'Space', path: '/api/spaces', query }, spaces));
  });
  app.get('/api/spaces/all', async (request) =>
    list.toWire((await found(request, request.query as Query)).map(spaceResource)),
  );
  app.get('/api/spaces/:id', async (request) => spaceWire(await one(request)));
  spaceChanges(app, plane, gate, one);
}

function spaceChanges(
  app: FastifyInstance,
  plane: Plane,
  gate: Gate,
  one: (request: FastifyRequest) => Promise<SpaceRecord>,
): void {
  app.post('/api/spaces', async (request, reply) => {
    const wanted = await readSpace(plane, request.body);
    if (wanted.managerTeamIds.length === 0 && wanted.managerUserIds.length === 0)
      throw new InputError('OCTO_SPACE_MANAGERS', 'a space has at least one manager', {
        hint: 'name a team (SpaceManagersTeams) or a user (SpaceManagersTeamMembers)',
      });
    const audit = audited<SpaceRecord & { spaceId?: null }>(plane, request, 'Space', 'Created', { wire: spaceWire });
    const space = await plane.spaces.add({ ...wanted, isDefault: false }, audit);
    gate.forget();
    return reply.status(201).header('location', `/api/spaces/${space.id}`).send(spaceWire(space));
  });
  app.put('/api/spaces/:id', async (request) => {
    const before = await one(request);
    const wanted = await readSpace(plane, request.body, before);
    if (before.isDefault && !wanted.isDefault)
      throw new InputError('OCTO_SPACE_DEFAULT', `${before.name} is the default space`, {
        hint: 'make another one the default',
      });
    const audit = audited<SpaceRecord & { spaceId?: null }>(plane, request, 'Space', 'Modified', {
      before,
      wire: spaceWire,
    });
    const after = await plane.spaces.update({ ...before, ...wanted }, audit);
    plane.signals.publish('queue'); // its queue may go on
    return spaceWire(after);
  });
  app.delete('/api/spaces/:id', async (request) => {
    const space = await one(request);
    const audit = audited<SpaceRecord & { spaceId?: null }>(plane, request, 'Space', 'Deleted', {
      before: space,
      wire: spaceWire,
    });
    await plane.spaces.remove(space, audit);
    gate.forget();
    return {};
  });
}

async function readSpace(plane: Plane, body: unknown, before?: SpaceRecord): Promise<Omit<SpaceRecord, 'id'>> {
  const wanted = await parse(spaceSchema, spell(spaceSchema, body ?? {}), 'the space');
  const known = async (kind: string, ids: readonly string[] | null | undefined, before: readonly string[] = []) => {
    if (!ids) return before;
    const all = await plane.documents.list(kind);
    return ids.map((id) => {
      const found = all.find((it) => isSame(it.id, id));
      if (found) return found.id;
      throw new InputError('OCTO_SPACE_MANAGERS', `there is no ${id}`, { hint: 'octo user list; GET /api/teams/all' });
    });
  };
  return {
    name: wanted.Name,
    slug: wanted.Slug?.trim() || (before?.slug ?? ''),
    description: wanted.Description ?? before?.description ?? '',
    isDefault: wanted.IsDefault ?? before?.isDefault ?? false,
    isQueueStopped: wanted.TaskQueueStopped ?? before?.isQueueStopped ?? false,
    managerTeamIds: await known('teams', wanted.SpaceManagersTeams, before?.managerTeamIds),
    managerUserIds: await known('users', wanted.SpaceManagersTeamMembers, before?.managerUserIds),
    modifiedAtMs: plane.clock.now(),
  };
}

function spaceWire(space: SpaceRecord): Readonly<Record<string, unknown>> {
  return spaceForm.toWire(spaceResource(space)) as Readonly<Record<string, unknown>>; // an object for an object
}

export function spaceResource(space: SpaceRecord): OctopusSpace {
  const { id, name, slug, isDefault, description, isQueueStopped, managerTeamIds, managerUserIds, modifiedAtMs } =
    space;
  return {
    id,
    name,
    slug,
    isDefault,
    description,
    taskQueueStopped: isQueueStopped,
    spaceManagersTeams: managerTeamIds,
    spaceManagersTeamMembers: managerUserIds,
    lastModifiedOn: iso(modifiedAtMs),
    links: {
      Self: `/api/spaces/${id}`,
      Logo: `/api/spaces/${id}/logo`,
      SpaceHome: `/api/${id}`,
      Web: `/app#/${id}`,
      Search: `/api/spaces/${id}/search{?keyword}`,
    },
  };
}
