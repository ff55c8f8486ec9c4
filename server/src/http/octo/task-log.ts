import { logPageForm, type LogPage } from '@octo/api';
import { isOver, type LogLine, type ServerTask } from '@octo/plane';
import { type FastifyInstance, type FastifyReply } from 'fastify';
import { type Plane } from '../../plane.ts';
import { number, type Query } from '../collections.ts';
import { notFound } from '../errors.ts';
import { iso } from '../instants.ts';
import { taskOf } from '../tasks.ts';
import { isObserved } from './task-insight.ts';

const PAGE_BYTES = 512 * 1024;
const LONGEST_WAIT_MS = 30_000;
/** Net under the wake-up: what another process writes into the folder is seen this late; our own wakes us. */
const LOOK_AT_OTHERS_MS = 250;
const LOOK_AT_OWN_MS = 2_000;

/** GET /api/octo/tasks/{id}/log?after&waitMs: one page of lines behind `after`; waits for news where there is none. */
export function taskLogRoutes(app: FastifyInstance, plane: Plane, closing: AbortSignal): void {
  app.get('/api/octo/tasks/:id/log', async (request, reply) => {
    const { id } = await taskOf(plane, request.params);
    const query = request.query as Query;
    const after = number(query, 'after', 0);
    const untilMs = plane.clock.now() + Math.min(number(query, 'waitMs', 0), LONGEST_WAIT_MS);
    const gone = AbortSignal.any([closing, leaves(reply)]);
    using news = plane.signals.subscribe(`task:${id}`);
    for (;;) {
      const { page, lookMs } = await look(plane, id, after);
      const leftMs = untilMs - plane.clock.now();
      if (page.lines.length > 0 || page.isEnd || leftMs <= 0 || gone.aborted) return logPageForm.toWire(page);
      await news.next(Math.min(leftMs, lookMs), gone).catch(() => {}); // then answer with what there is
    }
  });
}

/** The state is read before the lines: an ended task has all of its lines, so this page is its last. */
async function look(plane: Plane, id: string, after: number): Promise<{ page: LogPage; lookMs: number }> {
  const task = await plane.tasks.get(id);
  if (!task) throw notFound(id);
  const lines = await plane.journal.read(id, after, PAGE_BYTES);
  const next = lines.at(-1)?.seq ?? after;
  const isCompleted = isOver(task.state);
  const page = {
    lines: lines.map(lineResource),
    next,
    state: task.state,
    isCompleted,
    isEnd: isCompleted && next >= (await plane.journal.size(id)).lastSeq,
    progress: isCompleted ? null : await progressOf(plane, task),
    isObserved: await isObserved(plane, task),
  };
  return { page, lookMs: task.claim?.nodeId === plane.host.nodeId ? LOOK_AT_OWN_MS : LOOK_AT_OTHERS_MS };
}

async function progressOf(plane: Plane, task: ServerTask): Promise<LogPage['progress']> {
  const running = (await plane.journal.activities(task.id)).findLast(
    (a) => a.state === 'Running' && a.progress !== undefined,
  );
  return running ? { percentage: Math.round(running.progress ?? 0), message: running.progressMessage ?? '' } : null;
}

function lineResource({ seq, activityId, category, atMs, text }: LogLine): LogPage['lines'][number] {
  return { seq, activityId, category, occurredAt: iso(atMs), text };
}

/** Aborts when the client goes away before it was answered. */
function leaves(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort(new Error('the client is gone')));
  return gone.signal;
}
