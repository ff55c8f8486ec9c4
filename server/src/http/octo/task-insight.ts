import { taskInsightForm, type TaskInsight } from '@octo/api';
import { isOver, type ServerTask } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../../plane.ts';
import { iso } from '../instants.ts';
import { taskResource } from '../task-resource.ts';
import { taskOf } from '../task-of.ts';

/** GET /api/octo/tasks/{id}: what ran where, what it waits for, what it left. */
export function taskInsightRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/octo/tasks/:id', async (request) =>
    taskInsightForm.toWire(await insight(plane, await taskOf(plane, request.params))),
  );
}

/** False when a task should be at work but the node that holds it is gone. */
export async function isObserved(plane: Plane, task: ServerTask): Promise<boolean> {
  if (task.state !== 'Executing' && task.state !== 'Cancelling') return true;
  return task.claim !== undefined && !(await plane.liveness.isDead(task.claim.nodeId));
}

async function insight(plane: Plane, task: ServerTask): Promise<TaskInsight> {
  const { lastSeq, bytes } = await plane.journal.size(task.id);
  return {
    task: taskResource(task, plane.clock.now()),
    errorCode: task.state === 'Success' ? null : (task.errorCode ?? null),
    waiting: waitingOf(task),
    nodeId: task.claim?.nodeId ?? null,
    isObserved: await isObserved(plane, task),
    ...(await records(plane, task.id)),
    logLines: lastSeq,
    logBytes: bytes,
  };
}

/** R252. */
function waitingOf({ state, waiting }: ServerTask): TaskInsight['waiting'] {
  if (!waiting || isOver(state)) return null;
  const { sinceMs, untilMs, whenOver } = waiting;
  return { for: waiting.for, since: iso(sinceMs), until: iso(untilMs), whenOver };
}

async function records({ journal }: Plane, taskId: string) {
  const [activities, runs, outputs, artifacts] = await Promise.all([
    journal.activities(taskId),
    journal.runs(taskId),
    journal.outputs(taskId),
    journal.artifacts(taskId),
  ]);
  return {
    activities: activities.map(({ id, name, state, startedAtMs, endedAtMs }) => ({
      id,
      name,
      status: state,
      started: iso(startedAtMs),
      ended: iso(endedAtMs),
    })),
    runs: runs.map(({ action, attempt, key, ticket, workerId, workerName, state, end = null, exitCode = null }) => ({
      action,
      attempt,
      key,
      ticket,
      workerId,
      workerName,
      state,
      end,
      exitCode,
    })),
    outputs: outputs.map(({ actionName, name, value, sensitive }) => ({
      action: actionName,
      name,
      value: sensitive ? null : value,
    })),
    artifacts: artifacts.map(({ id, name, sizeBytes = null, sha256 = null }) => ({ id, name, sizeBytes, sha256 })),
  };
}
