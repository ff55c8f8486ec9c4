/** Source: R217 (ActivityElement.Status). */
export const ACTIVITY_STATES = [
  'Pending',
  'Running',
  'Success',
  'Failed',
  'Skipped',
  'SuccessWithWarning',
  'Canceled',
] as const;
export type ActivityState = (typeof ACTIVITY_STATES)[number];

/** Categories of log lines in their wire spelling. Source: R217 (ActivityLogElement.Category). */
export const LOG_CATEGORIES = [
  'Trace',
  'Verbose',
  'Info',
  'Highlight',
  'Wait',
  'Gap',
  'Alert',
  'Warning',
  'Error',
  'Fatal',
  'Planned',
  'Updated',
  'Finished',
  'Abandoned',
] as const;
export type LogCategory = (typeof LOG_CATEGORIES)[number];

/**
 * A node of the tree of a task's log. Ids are paths: `''` is the task itself, `2` its second action,
 * `2/1` that action's first attempt on its worker.
 */
export interface Activity {
  readonly id: string;
  readonly name: string;
  readonly state: ActivityState;
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  /** 0 to 100. */
  readonly progress?: number;
  readonly progressMessage?: string;
}

export interface LogLine {
  /** 1, 2, 3 … within the task, without gaps. */
  readonly seq: number;
  readonly activityId: string;
  readonly category: LogCategory;
  readonly atMs: number;
  /** Masked. */
  readonly text: string;
}
