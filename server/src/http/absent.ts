import { type FastifyInstance } from 'fastify';
import { ABSENT, ABSENT_LISTS, PASSING } from './absent-list.ts';
import { pageOf, type Query } from './collections.ts';
import { envelope } from './documents/document-routes.ts';
import { notFound } from './errors.ts';
import { type Plane } from '../plane.ts';
import { spaceOfRequest } from './scope.ts';

export function absentRoutes(app: FastifyInstance, plane: Plane): void {
  const config = { rule: 'anyone' as const };
  for (const [path, itemType] of Object.entries(ABSENT)) {
    const at = `/api/${path}`;
    app.get(at, { config }, async (request) => {
      const space = await spaceOfRequest(plane, request.raw);
      return envelope(pageOf({ itemType, path: `/api/${space}/${path}`, query: request.query as Query }, []));
    });
    app.get(`${at}/all`, { config }, async () => []);
    if (path.includes('/')) continue;
    app.get(`${at}/:id`, { config }, async (request) => {
      throw notFound((request.params as { id: string }).id);
    });
  }
  for (const list of ABSENT_LISTS) app.get(`/api/${list}`, { config }, async () => []);
  for (const [path, body] of Object.entries(PASSING))
    app.get(`/api/${path}`, { config }, async () => ({ ...body, Links: { Self: `/api/${path}` } }));
}
