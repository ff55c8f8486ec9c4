import { listOf, pagedOf, spaceForm, type OctopusSpace } from '@octo/api';
import { type SpaceRecord } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { pageOf, type Query } from './collections.ts';
import { notFound } from './errors.ts';
import { named } from './filters.ts';

const [list, page] = [listOf(spaceForm), pagedOf(spaceForm)];

/** Source: rest.md 2.1. There is one space until spaces can be added. */
export function spaceRoutes(app: FastifyInstance, plane: Plane): void {
  const found = async (query: Query) => (await plane.spaces.list()).filter(named(query)).map(spaceResource);
  app.get('/api/spaces', async (request) => {
    const query = request.query as Query;
    return page.toWire(pageOf({ itemType: 'Space', path: '/api/spaces', query }, await found(query)));
  });
  app.get('/api/spaces/all', async (request) => list.toWire(await found(request.query as Query)));
  app.get('/api/spaces/:id', async (request) => {
    const { id } = request.params as { id: string };
    const space = (await found({})).find((s) => [s.id, s.slug].some((w) => w.toLowerCase() === id.toLowerCase()));
    if (!space) throw notFound(id);
    return spaceForm.toWire(space);
  });
}

export function spaceResource({ id, name, slug, isDefault }: SpaceRecord): OctopusSpace {
  return {
    id,
    name,
    slug,
    isDefault,
    description: '',
    taskQueueStopped: false,
    spaceManagersTeams: [],
    spaceManagersTeamMembers: [],
    links: { Self: `/api/spaces/${id}`, SpaceHome: `/api/${id}` },
  };
}
