import { type JsonSchema } from '@octo/api';
import { type FastifyInstance } from 'fastify';
import { type Route } from './document.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** All that are registered, with their rules. */
    apiRoutes: readonly Route[];
  }
}

/** GET /api/octo/openapi.json: all routes of this server. Made when somebody asks first: most processes need none. */
export function openApiRoute(app: FastifyInstance, routes: readonly Route[]): void {
  app.decorate('apiRoutes', routes);
  let document: Promise<JsonSchema> | undefined;
  const made = async () => (await import('./document.ts')).openApi(routes);
  app.get('/api/octo/openapi.json', () => (document ??= made()));
}
