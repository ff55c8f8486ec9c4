import { type ActivityElement } from '@octo/api';
import { type Activity, type ActivityState, type LogLine, type ServerTask } from '@octo/plane';
import { iso } from './instants.ts';

type Lines = ReadonlyMap<string, readonly LogLine[]>;

/** One root (the task), below it the steps, below each its worker: clients count on these levels (rest.md 2.10). */
export function activityTree(task: ServerTask, activities: readonly Activity[], lines: Lines): ActivityElement {
  const root = activities.find((a) => a.id === '') ?? unborn(task);
  const byParent = Map.groupBy(
    activities.filter((a) => a.id !== ''),
    (a) => parentOf(a.id),
  );
  const element = (activity: Activity): ActivityElement => ({
    ...elementOf(task.id, activity, lines.get(activity.id) ?? []),
    children: (byParent.get(activity.id) ?? []).map(element),
  });
  return element(root);
}

/** A task that never began has a log all the same: why it waits, or that it was cancelled. */
function unborn({ state, description, startedAtMs, completedAtMs }: ServerTask): Activity {
  const states: Readonly<Partial<Record<string, ActivityState>>> = { Canceled: 'Canceled', TimedOut: 'Failed' };
  return {
    id: '',
    name: description,
    state: states[state] ?? 'Pending',
    ...(startedAtMs !== undefined && { startedAtMs }),
    ...(completedAtMs !== undefined && { endedAtMs: completedAtMs }),
  };
}

function elementOf(taskId: string, activity: Activity, lines: readonly LogLine[]): Omit<ActivityElement, 'children'> {
  const { id, name, state, startedAtMs, endedAtMs, progress, progressMessage } = activity;
  return {
    id: id === '' ? taskId : `${taskId}/${id}`,
    name,
    started: iso(startedAtMs),
    ended: iso(endedAtMs),
    status: state,
    showAtSummaryLevel: true,
    logElements: lines.map(({ category, atMs, text, seq }) => ({
      category,
      occurredAt: iso(atMs),
      messageText: text,
      detail: null,
      number: seq,
    })),
    progressPercentage: Math.round(progress ?? (endedAtMs === undefined ? 0 : 100)),
    progressMessage: progressMessage ?? '',
  };
}

function parentOf(id: string): string {
  return id.includes('/') ? id.slice(0, id.lastIndexOf('/')) : '';
}
