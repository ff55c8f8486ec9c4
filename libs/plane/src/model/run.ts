import { type Cursor, type ScriptEnd } from '@octo/kernel';

/** Where in a task a call of `run`, `use` or `once` stands. `key` is unique within action and attempt. */
export interface RunKey {
  readonly taskId: string;
  /** 1 for the first action. */
  readonly action: number;
  readonly attempt: number;
  readonly key: string;
}

/**
 * The record of one such call. It is written before anything happens outside, and says after a restart what did.
 * - `prepared`: stored, a start may or may not have been sent.
 * - `started`: the machine side acknowledged the start.
 * - `finished`: all lines, outputs and artifacts are stored; the machine side may still hold the workspace.
 * - `ended`: the machine side was told to forget it.
 */
export const RUN_STATES = ['prepared', 'started', 'finished', 'ended'] as const;
export type RunState = (typeof RUN_STATES)[number];

export interface RunRecord extends RunKey {
  readonly kind: 'run' | 'use' | 'once';
  /** SHA-256 of what was asked, to notice when a restart asks for something else. */
  readonly digest: string;
  readonly state: RunState;
  readonly ticket: string;
  readonly handle?: string;
  /** The worker as it was when the ticket was made. */
  readonly workerId: string;
  readonly workerName: string;
  readonly style: string;
  readonly endpoint: unknown;
  readonly cursor: Cursor;
  /** It has the worker to itself while it runs (R161). */
  readonly isExclusive?: boolean;
  /** State of the output parser behind the cursor (log modes, an unfinished service message). Stored encrypted. */
  readonly parser?: unknown;
  readonly end?: ScriptEnd;
  readonly exitCode?: number;
  /** Whatever the kind remembers: for `once` its JSON result, for scripts message and flags. Stored encrypted. */
  readonly result?: unknown;
}

/** What a page of output or an event changes in a record. */
export type RunChange = RunKey & Partial<Omit<RunRecord, keyof RunKey>>;
