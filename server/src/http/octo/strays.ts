import { BUILT_IN_NAME, nodeOfBuiltIn } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../../plane.ts';
import { noted } from '../access/audited.ts';
import { notFound } from '../errors.ts';
import { isSame } from '../filters.ts';
import { spaceOfRequest } from '../scope.ts';
import { builtInStrays } from './built-in-workers.ts';

/** A person has looked: what was abandoned on a worker is not there any more (R159). Audited, with what was forgotten. */
export function strayRoutes(app: FastifyInstance, plane: Plane): void {
  app.delete('/api/octo/workers/:id/strays', async (request) => {
    const { id } = request.params as { id: string };
    const spaceId = await spaceOfRequest(plane, request.raw);
    const worker = await named(plane, spaceId, id);
    if (!worker) throw notFound(id);
    const own =
      nodeOfBuiltIn(worker.id) === undefined
        ? (await plane.strays.list()).filter((it) => it.workerId === worker.id)
        : ((await builtInStrays(plane)).get(worker.id) ?? []);
    for (const { ticket } of own) await plane.strays.remove(ticket);
    plane.signals.publish('leases'); // who waits for the worker looks again
    if (own.length > 0)
      await plane.events.add(
        noted(plane, request, {
          category: 'Modified',
          message: `Worker ${worker.name} was said to be clean of abandoned scripts: ${own.map((it) => it.taskId).join(', ')}`,
          documentType: 'Worker',
          documentIds: [worker.id],
          spaceId,
        }),
      );
    return {};
  });
}

async function named(plane: Plane, spaceId: string, id: string) {
  const node = nodeOfBuiltIn(id);
  if (node !== undefined) return { id, name: `${BUILT_IN_NAME} of ${node}` };
  return (await plane.workers.list(spaceId)).find((it) => isSame(it.id, id));
}
