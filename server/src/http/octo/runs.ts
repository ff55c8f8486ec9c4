import { parseRunRequest, toWire } from '@octo/api';
import { type TaskRequest } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../../plane.ts';
import { spaceOfRequest } from '../scope.ts';
import { taskResource } from '../task-resource.ts';

/** POST /api/octo/runs: queue actions that belong to no project. The answer is the task; its log is followed by itself. */
export function runRoutes(app: FastifyInstance, plane: Plane): void {
  app.post('/api/octo/runs', async (request, reply) => {
    const body = await parseRunRequest(request.body);
    const { actions, variables = [], pool, timeoutSeconds, queueTimeoutSeconds } = body;
    const wanted: TaskRequest = {
      name: 'AdHocScript',
      description: body.description ?? `Run ${actions.map((a) => a.name).join(', ')}`.slice(0, 200),
      actions,
      variables,
      ...(pool !== undefined && { pool }),
      ...(timeoutSeconds !== undefined && { timeoutMs: timeoutSeconds * 1000 }),
      ...(queueTimeoutSeconds !== undefined && { queueTimeoutMs: queueTimeoutSeconds * 1000 }),
    };
    const task = await plane.enqueue(await spaceOfRequest(plane, request.raw), wanted);
    return reply.status(201).send(toWire(taskResource(task, plane.clock.now())));
  });
}
