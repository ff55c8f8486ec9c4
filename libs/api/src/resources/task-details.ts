import { asIs, wireForm, type Shape } from '../wire-form.ts';
import { type Links } from './collection.ts';
import { taskForm, type OctopusTask } from './task.ts';

/** Source: rest.md 2.10 (ActivityLogElement). */
export interface LogElement {
  readonly category: string;
  readonly occurredAt: string;
  readonly messageText: string;
  readonly detail: string | null;
  readonly number: number;
}
/** A branch of the log's tree: the task, its steps, each step's worker. Source: rest.md 2.10 (ActivityElement), R217. */
export interface ActivityElement {
  readonly id: string;
  readonly name: string;
  readonly started: string | null;
  readonly ended: string | null;
  readonly status: string;
  readonly children: readonly ActivityElement[];
  readonly showAtSummaryLevel: boolean;
  readonly logElements: readonly LogElement[];
  readonly progressPercentage: number;
  readonly progressMessage: string;
}
export interface TaskDetails {
  readonly task: OctopusTask;
  readonly activityLogs: readonly ActivityElement[];
  readonly progress: { readonly progressPercentage: number; readonly estimatedTimeRemaining: string };
  /** Bytes of all lines as they are stored. */
  readonly physicalLogSize: number;
  readonly links: Links;
}

const element: Shape<ActivityElement> = {
  ...asIs('id', 'name', 'started', 'ended', 'status', 'showAtSummaryLevel', 'progressPercentage', 'progressMessage'),
  logElements: [asIs('category', 'occurredAt', 'messageText', 'detail', 'number')],
  get children(): readonly [Shape<ActivityElement>] {
    return [element]; // a branch holds branches
  },
};
export const taskDetailsForm = wireForm<TaskDetails>({
  task: taskForm.shape,
  activityLogs: [element],
  progress: asIs('progressPercentage', 'estimatedTimeRemaining'),
  ...asIs('physicalLogSize', 'links'),
});
