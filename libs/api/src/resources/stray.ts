import { bool, each, instant, list, str } from '../wire-shape.ts';

/** A script that was abandoned and may still run on the worker (R159). */
export interface StrayResource {
  readonly taskId: string;
  readonly ticket: string;
  /** When it was abandoned. */
  readonly since: string;
  /** What was seen of it last. */
  readonly why: string;
  /** It was to have the worker to itself: nothing else runs there meanwhile. */
  readonly isExclusive: boolean;
}
export const strayShape = list({ ...each(str, 'taskId', 'ticket', 'why'), since: instant, isExclusive: bool });
