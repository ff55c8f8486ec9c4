import { wireForm } from '../wire-form.ts';
import { each, bool, instant, int, list, nullable, str, strMap, type Shape } from '../wire-shape.ts';
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
  ...each(str, 'id', 'name', 'status', 'progressMessage'),
  ...each(nullable(instant), 'started', 'ended'),
  showAtSummaryLevel: bool,
  progressPercentage: int,
  logElements: list({
    ...each(str, 'category', 'messageText'),
    occurredAt: instant,
    detail: nullable(str),
    number: int,
  }),
  get children(): readonly [Shape<ActivityElement>] {
    return [element]; // a branch holds branches
  },
};
export const activityForm = wireForm<ActivityElement>(element);
export const taskDetailsForm = wireForm<TaskDetails>({
  task: taskForm.shape,
  activityLogs: [element],
  progress: { progressPercentage: int, estimatedTimeRemaining: str },
  physicalLogSize: int,
  links: strMap,
});
