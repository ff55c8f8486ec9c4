import { asIs, wireForm } from '../wire-form.ts';
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

const element = {
  ...{ id: asIs, name: asIs, started: asIs, ended: asIs, status: asIs, showAtSummaryLevel: asIs },
  logElements: [{ category: asIs, occurredAt: asIs, messageText: asIs, detail: asIs, number: asIs }] as const,
  ...{ progressPercentage: asIs, progressMessage: asIs },
  get children() {
    return [element] as const; // a branch holds branches
  },
};
