import { type FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { type Plane } from '../../plane.ts';
import { demand } from '../access/principal.ts';
import { notFound } from '../errors.ts';

/** GET /api/octo/artifacts/{id}: the bytes, with the name that the script gave. */
export function artifactRoutes(app: FastifyInstance, plane: Plane, closing: AbortSignal): void {
  app.get('/api/octo/artifacts/:id', async (request, reply) => {
    const { id } = request.params as { id: string };
    const found = await plane.artifacts.get(id);
    const task = found && (await plane.tasks.get(found.artifact.taskId));
    if (!found || !task) throw notFound(id);
    demand(request, 'ArtifactView', task.spaceId);
    return reply
      .type('application/octet-stream')
      .header('content-length', found.content.sizeBytes)
      .header('content-disposition', `attachment; filename*=UTF-8''${extended(found.artifact.name)}`)
      .header('x-content-type-options', 'nosniff')
      .send(Readable.from(found.content.open(), { signal: closing }));
  });
}

/** A file name as RFC 5987 wants it, whatever a script called its file. */
function extended(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replaceAll(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
}
