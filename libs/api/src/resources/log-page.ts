import { wireForm } from '../wire-form.ts';
import { each, bool, int, leaf, nullable, oneOf, str } from '../wire-shape.ts';
import { TASK_STATES, type TaskState } from './task.ts';

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
/** Thousands of them: nothing walks through. */
const packedLines = leaf<PackedLogPage['lines']>({
  type: 'array',
  items: {
    type: 'array',
    description: 'activity id, category, milliseconds since 1970, text',
    prefixItems: [{ type: 'string' }, { type: 'string' }, { type: 'integer' }, { type: 'string' }],
    minItems: 4,
    maxItems: 4,
  },
});
export const logPageForm = wireForm<PackedLogPage>({
  lines: packedLines,
  ...each(int, 'first', 'next'),
  state: oneOf(...TASK_STATES),
  ...each(bool, 'isCompleted', 'isEnd', 'isObserved'),
  progress: nullable({ percentage: int, message: str }),
});

export function unpackLogPage({ first, lines, ...rest }: PackedLogPage): LogPage {
  const unpacked = lines.map(([activityId, category, atMs, text], n) => {
    return { seq: first + n, activityId, category, occurredAt: new Date(atMs).toISOString(), text };
  });
  return { ...rest, lines: unpacked };
}
