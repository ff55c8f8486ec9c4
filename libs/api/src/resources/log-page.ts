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
/**
 * How a page travels: lines number `first` and on, each as [activityId, category, atMs, text]. A log may be hundreds of
 * megabytes for several readers at once; so the server sends its rows as it keeps them.
 */
export interface PackedLogPage extends Omit<LogPage, 'lines'> {
  readonly first: number;
  readonly lines: readonly (readonly [activityId: string, category: string, atMs: number, text: string])[];
}
export const logPageForm = wireForm<PackedLogPage>({
  lines: 'as is',
  ...asIs('first', 'next', 'state', 'isCompleted', 'isEnd', 'isObserved'),
  progress: asIs('percentage', 'message'),
});

export function unpackLogPage({ first, lines, ...rest }: PackedLogPage): LogPage {
  const unpacked = lines.map(([activityId, category, atMs, text], n) => {
    return { seq: first + n, activityId, category, occurredAt: new Date(atMs).toISOString(), text };
  });
  return { ...rest, lines: unpacked };
}
