import { wireForm } from '../wire-form.ts';
import { anyMap, bool, each, instant, int, intMap, list, nullable, oneOf, str, strMap } from '../wire-shape.ts';
import { pagedOf, type Links, type Paged } from './collection.ts';

export const TASK_STATES = ['Queued', 'Executing', 'Cancelling', 'Success', 'Failed', 'Canceled', 'TimedOut'] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** What our client reads of a task. Source: rest.md 2.10. */
export interface TaskResource {
  readonly id: string;
  readonly spaceId: string | null;
  readonly name: string;
  readonly description: string;
  readonly state: TaskState;
  readonly queueTime: string;
  readonly queueTimeExpiry: string | null;
  readonly startTime: string | null;
  readonly lastUpdatedTime: string;
  readonly completedTime: string | null;
  /** For people: `2 minutes 5 seconds`. */
  readonly duration: string;
  readonly serverNode: string | null;
  readonly errorMessage: string;
  readonly isCompleted: boolean;
  readonly finishedSuccessfully: boolean;
  readonly hasWarningsOrErrors: boolean;
}

/** The whole of it, as official clients want it. */
export interface OctopusTask extends TaskResource {
  readonly arguments: Readonly<Record<string, unknown>>;
  /** For people: `5 minutes ago`, `Executing…`. */
  readonly completed: string;
  readonly hasBeenPickedUpByProcessor: boolean;
  readonly hasPendingInterruptions: boolean;
  readonly canRerun: boolean;
  readonly projectId: string | null;
  readonly pendingInterruptionTypes: readonly string[];
  readonly pendingPreconditionTypes: readonly string[];
  readonly estimatedRemainingQueueDurationSeconds: number;
  readonly links: Links;
}
export const taskForm = wireForm<OctopusTask>({
  ...each(str, 'id', 'name', 'description', 'completed', 'duration', 'errorMessage'),
  ...each(nullable(str), 'spaceId', 'serverNode', 'projectId'),
  arguments: anyMap,
  state: oneOf(...TASK_STATES),
  ...each(instant, 'queueTime', 'lastUpdatedTime'),
  ...each(nullable(instant), 'queueTimeExpiry', 'startTime', 'completedTime'),
  ...each(bool, 'hasBeenPickedUpByProcessor', 'isCompleted', 'finishedSuccessfully', 'hasPendingInterruptions'),
  ...each(bool, 'canRerun', 'hasWarningsOrErrors'),
  ...each(list(str), 'pendingInterruptionTypes', 'pendingPreconditionTypes'),
  estimatedRemainingQueueDurationSeconds: int,
  links: strMap,
});

/** Numbers of tasks by state, over the whole installation. */
export interface TaskTotals {
  readonly totalCounts: Readonly<Record<string, number>>;
  readonly totalCountsInOtherSpaces: Readonly<Record<string, number>>;
}
export type TaskPage<T extends TaskResource = TaskResource> = Paged<T> & TaskTotals;
export const tasksForm = pagedOf<OctopusTask, TaskTotals>(
  taskForm,
  each(intMap, 'totalCounts', 'totalCountsInOtherSpaces'),
);

export interface TaskTypeResource {
  readonly id: string;
  readonly name: string;
}
export const taskTypeForm = wireForm<TaskTypeResource>(each(str, 'id', 'name'));
