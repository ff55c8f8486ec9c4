import { rootForm, spaceRootForm } from '@octo/api';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { VERSION } from '../version.ts';
import { ROOT_LINKS, spaceLinks } from './links.ts';
import { SPACE_ROOT, spaceId } from './scope.ts';

/** What clients take for the server's version: they want `yyyy.m.patch` and refuse older ones (rest.md 1.9). */
const SPOKEN_VERSION = '2026.4.0';

/** The two documents from which clients that follow links begin. */
export function rootRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api', async () =>
    rootForm.toWire({
      application: 'octo',
      version: SPOKEN_VERSION,
      octoVersion: VERSION,
      apiVersion: '3.0.0',
      installationId: plane.installationId,
      isEarlyAccessProgram: false,
      hasLongTermSupport: false,
      links: { ...spaceLinks(await spaceId(plane)), ...ROOT_LINKS }, // the default space's, for clients that know of none
    }),
  );
  app.get(`${SPACE_ROOT}/:id`, async (request) => {
    const id = await spaceId(plane, (request.params as { id: string }).id);
    return spaceRootForm.toWire({ id, links: spaceLinks(id) });
  });
}
