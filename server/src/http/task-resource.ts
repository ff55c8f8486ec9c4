import { TASK_STATES, type OctopusTask, type TaskState } from '@octo/api';
import { isOver, type ServerTask } from '@octo/plane';
import { iso } from './instants.ts';

/** A task as the wire has it (rest.md 2.10). */
export function taskResource(task: ServerTask, nowMs: number): OctopusTask {
  const self = `/api/tasks/${task.id}`;
  return {
    id: task.id,
    spaceId: task.spaceId,
    name: task.name,
    description: task.description,
    arguments: {},
    state: task.state,
    completed: completed(task, nowMs),
    queueTime: iso(task.queuedAtMs),
    queueTimeExpiry: iso(task.expiresAtMs),
    startTime: iso(task.startedAtMs),
    lastUpdatedTime: iso(task.updatedAtMs),
    completedTime: iso(task.completedAtMs),
    serverNode: task.claim?.nodeId ?? null,
    duration: span((task.completedAtMs ?? nowMs) - (task.startedAtMs ?? task.completedAtMs ?? nowMs)),
    errorMessage: task.state === 'Success' ? '' : (task.errorMessage ?? ''),
    hasBeenPickedUpByProcessor: task.startedAtMs !== undefined,
    isCompleted: isOver(task.state),
    finishedSuccessfully: task.state === 'Success',
    hasPendingInterruptions: false,
    canRerun: isOver(task.state),
    hasWarningsOrErrors: task.hasWarningsOrErrors,
    projectId: null,
    pendingInterruptionTypes: [],
    pendingPreconditionTypes: [],
    estimatedRemainingQueueDurationSeconds: 0,
    links: {
      Self: self,
      Raw: `${self}/raw`,
      Cancel: `${self}/cancel`,
      Rerun: `${self}/rerun`,
      State: `${self}/state`,
      QueuedBehind: `${self}/queued-behind{?skip,take}`,
      Details: `${self}/details{?verbose,tail}`,
      Web: `/app#/${task.spaceId}/tasks/${task.id}`,
    },
  };
}

/** Every state has its number, and so has the one that clients count beside them (rest.md 2.10). */
export function totalCounts(counts: Readonly<Partial<Record<TaskState, number>>>): Readonly<Record<string, number>> {
  return { ...Object.fromEntries(TASK_STATES.map((state) => [state, counts[state] ?? 0])), Interrupted: 0 };
}

function completed(task: ServerTask, nowMs: number): string {
  return task.completedAtMs === undefined ? `${task.state}…` : `${span(nowMs - task.completedAtMs)} ago`;
}

/** Two units are enough for people: `2 minutes 5 seconds`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const units = [
    ['day', Math.floor(seconds / 86_400)],
    ['hour', Math.floor(seconds / 3_600) % 24],
    ['minute', Math.floor(seconds / 60) % 60],
    ['second', seconds % 60],
  ] as const;
  const shown = units.filter(([, n]) => n > 0).slice(0, 2);
  return shown.map(([unit, n]) => `${n} ${unit}${n === 1 ? '' : 's'}`).join(' ') || 'less than a second';
}
