import { asIs, wireForm } from '../wire-form.ts';
import { type TaskState } from './task.ts';

export interface LogLineResource {
  /** 1, 2, 3 … within the task. */
  readonly seq: number;
  readonly activityId: string;
  /** Verbose, Info, Highlight, Wait, Warning, Error … */
  readonly category: string;
  readonly occurredAt: string;
  readonly text: string;
}

/** One page of a task's log, and how the task stands. `next` is the number to pass as `after`. */
export interface LogPage {
  readonly lines: readonly LogLineResource[];
  readonly next: number;
  readonly state: TaskState;
  readonly isCompleted: boolean;
  /** True when nothing more can come: the task is over and this page reached the end. */
  readonly isEnd: boolean;
  /** Progress of the running action, if it told any. */
  readonly progress: { readonly percentage: number; readonly message: string } | null;
  /** False when the node that held the task is gone and nobody observes it now. */
  readonly isObserved: boolean;
}
export const logPageForm = wireForm<LogPage>({
  lines: [asIs('seq', 'activityId', 'category', 'occurredAt', 'text')],
  ...asIs('next', 'state', 'isCompleted', 'isEnd', 'isObserved'),
  progress: asIs('percentage', 'message'),
});
