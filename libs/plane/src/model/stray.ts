import { type Cursor } from '@octo/kernel';

/** A script whose task has ended without anybody having seen its end: it may still run on its worker (R159, I5). */
export interface Stray {
  readonly ticket: string;
  readonly handle?: string;
  /** How far its output was read: a look at it goes on there. */
  readonly cursor: Cursor;
  /** `Workers-7`, or the built-in one of a node. */
  readonly workerId: string;
  readonly taskId: string;
  /** Since when it is given up, in milliseconds since the epoch. */
  readonly sinceMs: number;
  /** What was seen of it last. */
  readonly why: string;
  /** It was to have the worker to itself: while it may run nobody else does (R161). */
  readonly isExclusive: boolean;
}

/** `the script of ServerTasks-5, abandoned at 2026-11-30T05:46:45Z`. */
export function strayName({ taskId, sinceMs }: Stray): string {
  return `the script of ${taskId}, abandoned at ${new Date(sinceMs).toISOString().slice(0, 19)}Z`;
}

/** For whoever chooses a worker; undefined: nothing of the kind is known. */
export function straysWarning(strays: readonly Stray[]): string | undefined {
  return strays.length === 0
    ? undefined
    : `may still run ${strays.map((it) => `${strayName(it)} (${it.why})`).join('; ')}`;
}

/** Why a worker takes no work: one that was promised to be alone there may not be over. */
export function takenBecause(strays: readonly Stray[]): string | undefined {
  const own = strays.filter(({ isExclusive }) => isExclusive);
  return own.length === 0 ? undefined : `${straysWarning(own) ?? ''}, which has it to itself`;
}
