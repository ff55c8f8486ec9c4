/** States of a server task, spelled as on the wire (one l in Canceled, two in Cancelling). Source: R213. */
export const TASK_STATES = ['Queued', 'Executing', 'Cancelling', 'Success', 'Failed', 'Canceled', 'TimedOut'] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** Which state may follow which. Everything that changes a state asks this table. Source: R213 (P). */
export const TRANSITIONS: Readonly<Record<TaskState, readonly TaskState[]>> = {
  Queued: ['Executing', 'Canceled', 'TimedOut'],
  Executing: ['Cancelling', 'Success', 'Failed', 'TimedOut', 'Queued'],
  Cancelling: ['Canceled', 'Failed'],
  Success: [],
  Failed: [],
  Canceled: [],
  TimedOut: [],
};

export function mayMove(from: TaskState, to: TaskState): boolean {
  return TRANSITIONS[from].includes(to);
}
/** States that a task may come from to reach `to`. */
export function statesBefore(to: TaskState): readonly TaskState[] {
  return TASK_STATES.filter((from) => mayMove(from, to));
}
export function isOver(state: TaskState): boolean {
  return TRANSITIONS[state].length === 0;
}

/** What a task waits for, since when, until when, and what happens then (R252). */
export interface Waiting {
  readonly for: string;
  readonly sinceMs: number;
  /** Absent: no limit; `whenOver` says what ends the wait instead. */
  readonly untilMs?: number;
  readonly whenOver: string;
}

/** The hold of one node on one task. A higher fence makes every write of a lower one fail. */
export interface Claim {
  readonly taskId: string;
  readonly nodeId: string;
  readonly fence: number;
}

/** One queued unit with a log and a state. Instants are milliseconds since the epoch. */
export interface ServerTask {
  /** `ServerTasks-42`. */
  readonly id: string;
  readonly spaceId: string;
  /** Task type, e.g. `AdHocScript`. */
  readonly name: string;
  readonly description: string;
  readonly state: TaskState;
  readonly queuedAtMs: number;
  readonly startedAtMs?: number;
  readonly completedAtMs?: number;
  readonly updatedAtMs: number;
  /** A queued task that is not taken by then ends as TimedOut (R211). */
  readonly expiresAtMs?: number;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly hasWarningsOrErrors: boolean;
  /** Only this node may take the task: an in-process plane's own work. */
  readonly onlyNodeId?: string;
  readonly claim?: { readonly nodeId: string; readonly fence: number; readonly untilMs: number };
  readonly waiting?: Waiting;
}
