import { toWire } from '@octo/api';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { VERSION } from '../version.ts';
import { number, paged, paging, text, type Query } from './collections.ts';
import { notFound } from './errors.ts';
import { ROOT_LINKS, spaceLinks } from './links.ts';
import { spaceId } from './scope.ts';

/** What clients take for the server's version: they want `yyyy.m.patch` and refuse older ones (rest.md 1.9). */
const SPOKEN_VERSION = '2026.4.0';

export function rootRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api', { config: { anonymous: true } }, async () => {
    const links = { ...spaceLinks(await spaceId(plane)), ...ROOT_LINKS };
    return toWire({
      application: 'octo',
      version: SPOKEN_VERSION,
      octoVersion: VERSION,
      apiVersion: '3.0.0',
      installationId: plane.installationId,
      isEarlyAccessProgram: false,
      hasLongTermSupport: false,
      links,
    });
  });

  app.get('/api/octo/space-root/:id', async (request) => {
    const id = await spaceId(plane, (request.params as { id: string }).id);
    return toWire({ id, links: spaceLinks(id) });
  });

  const spaces = async (query: Query) => {
    const partial = (text(query, 'partialName') ?? '').toLowerCase();
    const name = text(query, 'name')?.toLowerCase();
    return (await plane.spaces.list())
      .filter((s) => s.name.toLowerCase().includes(partial) && (name === undefined || s.name.toLowerCase() === name))
      .map((s) => ({
        ...s,
        description: '',
        taskQueueStopped: false,
        spaceManagersTeams: [],
        spaceManagersTeamMembers: [],
        links: { Self: `/api/spaces/${s.id}`, SpaceHome: `/api/${s.id}` },
      }));
  };
  app.get('/api/spaces', async (request) => {
    const query = request.query as Query;
    const all = await spaces(query);
    const { skip } = paging(query);
    const take = number(query, 'take', 30);
    return paged('Space', '/api/spaces', all.slice(skip, skip + take), { skip, take, total: all.length });
  });
  app.get('/api/spaces/all', async (request) => toWire(await spaces(request.query as Query)));
  app.get('/api/spaces/:id', async (request) => {
    const { id } = request.params as { id: string };
    const found = (await spaces({})).find((s) => [s.id, s.slug].some((w) => w.toLowerCase() === id.toLowerCase()));
    if (!found) throw notFound(id);
    return toWire(found);
  });
}
