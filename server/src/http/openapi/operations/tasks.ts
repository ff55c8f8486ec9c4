import { shapes } from '@octo/api';
import { runSchema } from '@octo/api/documents';
import { stateSchema, taskSchema } from '../../task-changes.ts';
import { IDS_AND_NAMES, ref, schema } from '../components.ts';
import { type Operations } from '../operation.ts';
import { NAMED, PAGING } from '../parameters.ts';
import { arrayOf, pageOf } from '../schemas.ts';
import { EVENT_GROUPS } from '../shapes.ts';
import { bodyOf, pascalBodyOf } from '../zod.ts';

const tag = 'Tasks';
const task = ref('Task');
const counts = schema(shapes.intMap);
/** A page with the numbers of tasks by state. */
export const TASK_PAGE = pageOf(task, { TotalCounts: counts, TotalCountsInOtherSpaces: counts });
const OF_TASKS = [
  ...NAMED,
  'states',
  'running',
  'active',
  'node',
  'hasWarningsOrErrors',
  'hasPendingInterruptions',
  'spaces',
] as const;
const rerun = { tag, summary: 'Repeat an ended task', answer: task, errors: [409] } as const;

/** Source: rest.md 2.10; octo's own below /api/octo. */
export const TASKS: Operations = {
  'GET /api/tasks': {
    tag,
    summary: 'List tasks, the newest first',
    answer: TASK_PAGE,
    query: [...PAGING, ...OF_TASKS],
    isInSpace: true,
  },
  'POST /api/tasks': { tag, summary: 'Queue a task', body: bodyOf(taskSchema), answer: task, status: 201 },
  'GET /api/tasks/taskTypes': { tag, summary: 'Types of tasks', answer: arrayOf(ref('TaskType')) },
  'GET /api/tasks/:id': { tag, summary: 'One task', answer: task },
  'GET /api/tasks/:id/details': {
    tag,
    summary: 'A task and its log as a tree',
    answer: ref('TaskDetails'),
    query: ['verbose', 'tail'],
  },
  'GET /api/tasks/:id/raw': { tag, summary: 'The whole log as text', media: ['text/plain'] },
  'GET /api/tasks/:id/queued-behind': {
    tag,
    summary: 'Tasks that are before it in the queue',
    answer: TASK_PAGE,
    query: PAGING,
  },
  'POST /api/tasks/:id/cancel': { tag, summary: 'Cancel a task', answer: task },
  'POST /api/tasks/:id/rerun': rerun,
  'POST /api/tasks/rerun/:id': rerun,
  'POST /api/tasks/:id/state': {
    tag,
    summary: 'Set the state of an ended task',
    body: bodyOf(stateSchema),
    answer: task,
  },
  'POST /api/octo/runs': {
    tag,
    summary: 'Queue actions that belong to no project',
    body: pascalBodyOf(runSchema),
    answer: task,
    status: 201,
  },
  'GET /api/octo/tasks/:id': { tag, summary: 'What ran where, what it waits for', answer: ref('TaskInsight') },
  'GET /api/octo/tasks/:id/explain': { tag, summary: 'Why it runs where, or waits', answer: ref('Explanation') },
  'GET /api/octo/tasks/:id/log': {
    tag,
    summary: 'One page of the log; waits for news where there is none',
    answer: ref('LogPage'),
    query: ['after', 'waitMs'],
  },
  'GET /api/octo/artifacts/:id': { tag, summary: 'The bytes of an artifact', media: ['application/octet-stream'] },
};

/** Source: rest.md 2.12. */
export const EVENTS: Operations = {
  'GET /api/events': {
    tag: 'Events',
    summary: 'The audit, the newest first',
    answer: pageOf(ref('Event')),
    media: ['text/csv'],
    query: [
      ...PAGING,
      ...(['spaces', 'eventCategories', 'eventGroups', 'documentTypes', 'regarding', 'regardingAny', 'users'] as const),
      ...(['from', 'to', 'fromAutoId', 'toAutoId', 'asCsv'] as const),
    ],
    isInSpace: true,
  },
  'GET /api/events/categories': { tag: 'Events', summary: 'Categories of events', answer: IDS_AND_NAMES },
  'GET /api/events/groups': { tag: 'Events', summary: 'Groups of categories', answer: schema(EVENT_GROUPS) },
  'GET /api/events/agents': { tag: 'Events', summary: 'Kinds of clients', answer: IDS_AND_NAMES },
  'GET /api/events/documenttypes': { tag: 'Events', summary: 'What events are about', answer: IDS_AND_NAMES },
  'GET /api/events/:id': { tag: 'Events', summary: 'One event', answer: ref('Event'), isInSpace: true },
};
