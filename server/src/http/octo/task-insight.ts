import { toWire, type TaskInsight } from '@octo/api';
import { isOver, type RunRecord, type ServerTask } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../../plane.ts';
import { taskResource } from '../task-resource.ts';
import { taskOf } from '../tasks.ts';

const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());

/** GET /api/octo/tasks/{id}: what ran where, what it waits for, what it left. */
export function taskInsightRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/octo/tasks/:id', async (request) => toWire(await insight(plane, await taskOf(plane, request.params))));
}

/** False when a task should be at work but the node that holds it is gone. */
export async function isObserved(plane: Plane, task: ServerTask): Promise<boolean> {
  if (task.state !== 'Executing' && task.state !== 'Cancelling') return true;
  return task.claim !== undefined && !(await plane.liveness.isDead(task.claim.nodeId));
}

async function insight(plane: Plane, task: ServerTask): Promise<TaskInsight> {
  const { journal } = plane;
  const { lastSeq, bytes } = await journal.size(task.id);
  const { waiting } = task;
  return {
    task: taskResource(task, plane.clock.now()),
    errorCode: task.state === 'Success' ? null : (task.errorCode ?? null),
    waiting:
      waiting && !isOver(task.state)
        ? {
            for: waiting.for,
            since: new Date(waiting.sinceMs).toISOString(),
            until: iso(waiting.untilMs),
            whenOver: waiting.whenOver,
          }
        : null,
    nodeId: task.claim?.nodeId ?? null,
    isObserved: await isObserved(plane, task),
    activities: (await journal.activities(task.id)).map((a) => ({
      id: a.id,
      name: a.name,
      status: a.state,
      started: iso(a.startedAtMs),
      ended: iso(a.endedAtMs),
    })),
    runs: (await journal.runs(task.id)).map(runOf),
    outputs: (await journal.outputs(task.id)).map((o) => ({
      action: o.actionName,
      name: o.name,
      value: o.sensitive ? null : o.value,
    })),
    artifacts: (await journal.artifacts(task.id)).map((a) => ({
      id: a.id,
      name: a.name,
      sizeBytes: a.sizeBytes ?? null,
      sha256: a.sha256 ?? null,
    })),
    logLines: lastSeq,
    logBytes: bytes,
  };
}

function runOf(run: RunRecord): TaskInsight['runs'][number] {
  const { action, attempt, key, ticket, workerId, workerName, state } = run;
  return {
    action,
    attempt,
    key,
    ticket,
    workerId,
    workerName,
    state,
    end: run.end ?? null,
    exitCode: run.exitCode ?? null,
  };
}
