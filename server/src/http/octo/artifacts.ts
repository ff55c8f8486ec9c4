import { type FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { type Plane } from '../../plane.ts';
import { notFound } from '../errors.ts';

/** GET /api/octo/artifacts/{id}: the bytes, with the name that the script gave. */
export function artifactRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/octo/artifacts/:id', async (request, reply) => {
    const { id } = request.params as { id: string };
    const found = await plane.artifacts.get(id);
    if (!found) throw notFound(id);
    return reply
      .type('application/octet-stream')
      .header('content-length', found.content.sizeBytes)
      .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(found.artifact.name)}`)
      .send(Readable.from(found.content.open()));
  });
}
