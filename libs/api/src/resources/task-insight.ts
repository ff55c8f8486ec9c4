import { wireForm } from '../wire-form.ts';
import { each, bool, instant, int, list, nullable, str } from '../wire-shape.ts';
import { taskForm, type TaskResource } from './task.ts';

/** What a task waits for, until when, and what happens then (R252). */
export interface WaitingResource {
  readonly for: string;
  readonly since: string;
  readonly until: string | null;
  readonly whenOver: string;
}
export interface ActivityResource {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly started: string | null;
  readonly ended: string | null;
}
/** One script that the task started on a worker. */
export interface RunResource {
  /** 1 for the first action. */
  readonly action: number;
  readonly attempt: number;
  readonly key: string;
  readonly ticket: string;
  readonly workerId: string;
  readonly workerName: string;
  readonly state: string;
  readonly end: string | null;
  readonly exitCode: number | null;
}
export interface OutputResource {
  readonly action: string;
  readonly name: string;
  /** Null where it is sensitive. */
  readonly value: string | null;
}
export interface ArtifactResource {
  readonly id: string;
  readonly name: string;
  /** Null until the bytes have been fetched from the worker. */
  readonly sizeBytes: number | null;
  readonly sha256: string | null;
}

/** GET /api/octo/tasks/{id}: the task and what a person asks about it. */
export interface TaskInsight {
  readonly task: TaskResource;
  readonly errorCode: string | null;
  readonly waiting: WaitingResource | null;
  readonly nodeId: string | null;
  readonly isObserved: boolean;
  readonly activities: readonly ActivityResource[];
  readonly runs: readonly RunResource[];
  readonly outputs: readonly OutputResource[];
  readonly artifacts: readonly ArtifactResource[];
  readonly logLines: number;
  readonly logBytes: number;
}
export const taskInsightForm = wireForm<TaskInsight>({
  task: taskForm.shape,
  ...each(nullable(str), 'errorCode', 'nodeId'),
  isObserved: bool,
  ...each(int, 'logLines', 'logBytes'),
  waiting: nullable({ ...each(str, 'for', 'whenOver'), since: instant, until: nullable(instant) }),
  activities: list({ ...each(str, 'id', 'name', 'status'), ...each(nullable(instant), 'started', 'ended') }),
  runs: list({
    ...each(int, 'action', 'attempt'),
    ...each(str, 'key', 'ticket', 'workerId', 'workerName', 'state'),
    end: nullable(str),
    exitCode: nullable(int),
  }),
  outputs: list({ ...each(str, 'action', 'name'), value: nullable(str) }),
  artifacts: list({ ...each(str, 'id', 'name'), sizeBytes: nullable(int), sha256: nullable(str) }),
});
