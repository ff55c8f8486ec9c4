import { parseRunRequest, taskForm, type RunRequest } from '@octo/api';
import { type TaskRequest } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../../plane.ts';
import { spaceOfRequest } from '../scope.ts';
import { taskResource } from '../task-resource.ts';

/** A run may bring files with it. */
const RUN_BYTES = 48 * 1024 * 1024;

/** POST /api/octo/runs: queue actions that belong to no project. The answer is the task; its log is followed by itself. */
export function runRoutes(app: FastifyInstance, plane: Plane): void {
  app.post('/api/octo/runs', { bodyLimit: RUN_BYTES }, async (request, reply) => {
    const wanted = taskRequest(await parseRunRequest(request.body));
    const task = await plane.enqueue(await spaceOfRequest(plane, request.raw), wanted);
    return reply
      .status(201)
      .header('location', `/api/tasks/${task.id}`)
      .send(taskForm.toWire(taskResource(task, plane.clock.now())));
  });
}

function taskRequest(request: RunRequest): TaskRequest {
  const { actions, variables = [], description, pool, timeoutSeconds, queueTimeoutSeconds } = request;
  return {
    name: 'AdHocScript',
    description: description?.trim() || `Run ${actions.map((a) => a.name).join(', ')}`.slice(0, 200),
    actions,
    variables,
    ...(pool !== undefined && { pool }),
    ...(timeoutSeconds !== undefined && { timeoutMs: Math.round(timeoutSeconds * 1_000) }),
    ...(queueTimeoutSeconds !== undefined && { queueTimeoutMs: Math.round(queueTimeoutSeconds * 1_000) }),
  };
}
