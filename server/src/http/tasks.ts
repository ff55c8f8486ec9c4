import { listOf, taskForm, tasksForm, taskTypeForm } from '@octo/api';
import { type ServerTask } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { paged, paging, type Query } from './collections.ts';
import { notFound } from './errors.ts';
import { spaceInPath } from './scope.ts';
import { taskFilter } from './task-filter.ts';
import { taskResource, totalCounts } from './task-resource.ts';

const types = listOf(taskTypeForm);

/** Source: rest.md 2.10. Tasks are global; with a space in the path they are that space's. */
export function taskRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/tasks', async (request) => {
    const query = request.query as Query;
    const inPath = spaceInPath(request.raw);
    const { items, total } = await plane.tasks.list({
      ...taskFilter(query, inPath, await plane.spaces.list()),
      ...paging(query),
    });
    const nowMs = plane.clock.now();
    const path = inPath === undefined ? '/api/tasks' : `/api/${inPath}/tasks`;
    const resources = items.map((task) => taskResource(task, nowMs));
    return tasksForm.toWire({
      ...paged({ itemType: 'Task', path, query }, resources, total),
      totalCounts: totalCounts(await plane.tasks.counts()),
      totalCountsInOtherSpaces: {},
    });
  });
  app.get('/api/tasks/taskTypes', async () => types.toWire([{ id: 'AdHocScript', name: 'Script Console' }]));
  app.get('/api/tasks/:id', async (request) =>
    taskForm.toWire(taskResource(await taskOf(plane, request.params), plane.clock.now())),
  );
  app.post('/api/tasks/:id/cancel', async (request) => {
    const { id } = await taskOf(plane, request.params);
    return taskForm.toWire(taskResource(await plane.cancel(id), plane.clock.now()));
  });
}

export async function taskOf(plane: Plane, params: unknown): Promise<ServerTask> {
  const { id } = params as { id: string };
  const task = await plane.tasks.get(id);
  if (!task) throw notFound(id);
  return task;
}
