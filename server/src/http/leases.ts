import { type Lease } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { pageOf, type Query } from './collections.ts';
import { envelope } from './documents/document-routes.ts';
import { iso } from './instants.ts';
import { spaceOfRequest } from './scope.ts';

/** Which task holds which worker now (R67, R43). */
export function leaseRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/workertaskleases', async (request) => {
    const space = await spaceOfRequest(plane, request.raw);
    const leases = (await plane.leases.list(plane.clock.now())).filter((lease) => lease.spaceId === space);
    const asked = {
      itemType: 'WorkerTaskLease',
      path: `/api/${space}/workertaskleases`,
      query: request.query as Query,
    };
    return envelope(pageOf(asked, leases.map(leaseWire)));
  });
}

function leaseWire(lease: Lease) {
  return {
    Id: lease.id,
    Name: `${lease.taskId} on ${lease.workerId}`,
    WorkerId: lease.workerId,
    ServerTaskId: lease.taskId,
    SpaceId: lease.spaceId,
    TakenAt: iso(lease.takenAtMs),
    Exclusive: lease.exclusive,
    Links: { Worker: `/api/${lease.spaceId}/workers/${lease.workerId}`, Task: `/api/tasks/${lease.taskId}` },
  };
}
