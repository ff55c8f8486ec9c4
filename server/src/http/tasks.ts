import { toWire } from '@octo/api';
import { InputError } from '@octo/kernel';
import { TASK_STATES, type TaskFilter, type TaskState } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { list, paged, paging, text, type Query } from './collections.ts';
import { notFound } from './errors.ts';
import { taskResource } from './task-resource.ts';

const RUNNING: readonly TaskState[] = ['Executing', 'Cancelling'];
const ACTIVE: readonly TaskState[] = ['Queued', ...RUNNING];

/** Source: rest.md 2.10. Tasks are global: the same with and without a space in the path. */
export function taskRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/tasks', async (request) => {
    const query = request.query as Query;
    const page = paging(query);
    const { items, total } = await plane.tasks.list(filterOf(query, page));
    const nowMs = plane.clock.now();
    const body = paged(
      'Task',
      '/api/tasks',
      items.map((t) => taskResource(t, nowMs)),
      { ...page, total },
      query,
    );
    return { ...(body as object), TotalCounts: await plane.tasks.counts(), TotalCountsInOtherSpaces: {} };
  });
  app.get('/api/tasks/taskTypes', async () => toWire([{ id: 'AdHocScript', name: 'Script Console' }]));
  app.get('/api/tasks/:id', async (request) =>
    toWire(taskResource(await taskOf(plane, request.params), plane.clock.now())),
  );
  app.post('/api/tasks/:id/cancel', async (request) => {
    const { id } = await taskOf(plane, request.params);
    return toWire(taskResource(await plane.cancel(id), plane.clock.now()));
  });
}

export async function taskOf(plane: Plane, params: unknown) {
  const { id } = params as { id: string };
  const task = await plane.tasks.get(id);
  if (!task) throw notFound(id);
  return task;
}

function filterOf(query: Query, page: { readonly skip: number; readonly take: number }): TaskFilter {
  const states = list(query, 'states')?.map(stateOf);
  const only = text(query, 'running') === 'true' ? RUNNING : text(query, 'active') === 'true' ? ACTIVE : undefined;
  const ids = list(query, 'ids');
  const [name, node, partial] = [text(query, 'name'), text(query, 'node'), text(query, 'partialName')];
  return {
    ...page,
    ...(ids && { ids }),
    ...((states ?? only) && { states: states ?? only ?? [] }),
    ...(name !== undefined && { name }),
    ...(node !== undefined && { nodeId: node }),
    ...(partial !== undefined && { partialName: partial }),
  };
}

function stateOf(word: string): TaskState {
  const state = TASK_STATES.find((s) => s.toLowerCase() === word.toLowerCase());
  if (!state)
    throw new InputError('OCTO_API_QUERY', `"${word}" is no state of a task`, {
      hint: `choose of: ${TASK_STATES.join(', ')}`,
    });
  return state;
}
