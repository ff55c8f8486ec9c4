import { listOf, taskForm, tasksForm, taskTypeForm } from '@octo/api';
import { isOver, may } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { noted } from './access/audited.ts';
import { principalOf } from './access/principal.ts';
import { paged, paging, type Query } from './collections.ts';
import { spaceInPath } from './scope.ts';
import { taskFilter } from './task-filter.ts';
import { taskOf } from './task-of.ts';
import { taskResource, totalCounts } from './task-resource.ts';

const types = listOf(taskTypeForm);

/** Source: rest.md 2.10. Tasks are global; with a space in the path they are that space's. */
export function taskRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/tasks', async (request) => {
    const query = request.query as Query;
    const inPath = spaceInPath(request.raw);
    const spaces = (await plane.spaces.list()).filter((it) => may(principalOf(request).grants, 'TaskView', it.id));
    const { items, total } = await plane.tasks.list({
      ...taskFilter(query, inPath, spaces),
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
  app.get('/api/tasks/taskTypes', async () =>
    types.toWire([
      { id: 'AdHocScript', name: 'Script Console' },
      { id: 'Health', name: 'Health check' },
      { id: 'Upgrade', name: 'Update of agents' },
    ]),
  );
  app.get('/api/tasks/:id', async (request) =>
    taskForm.toWire(taskResource(await taskOf(plane, request.params), plane.clock.now())),
  );
  app.post('/api/tasks/:id/cancel', async (request) => {
    const { id, state, spaceId } = await taskOf(plane, request.params);
    const message = `Task ${id} was cancelled while it was ${state}`;
    const about = { documentType: 'ServerTask', documentIds: [id], spaceId };
    const after = await plane.cancel(id);
    if (!isOver(state)) await plane.events.add(noted(plane, request, { category: 'TaskCanceled', message, ...about }));
    return taskForm.toWire(taskResource(after, plane.clock.now()));
  });
}
