import { logPageForm, type PackedLogPage } from '@octo/api';
import { isOver, type PackedLines, type ServerTask } from '@octo/plane';
import { type FastifyInstance, type FastifyReply } from 'fastify';
import { type Plane } from '../../plane.ts';
import { number, type Query } from '../collections.ts';
import { notFound } from '../errors.ts';
import { taskOf } from '../task-of.ts';
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
      const { lines, page, lookMs } = await look(plane, id, after);
      const leftMs = untilMs - plane.clock.now();
      if (lines.rows !== '' || page.isEnd || leftMs <= 0 || gone.aborted)
        return reply.type('application/json; charset=utf-8').send(pageText(lines, page));
      await news.next(Math.min(leftMs, lookMs), gone).catch(() => {}); // then answer with what there is
    }
  });
}

interface Look {
  readonly lines: PackedLines;
  readonly page: Omit<PackedLogPage, 'first' | 'lines'>;
  readonly lookMs: number;
}
/** The state is read before the lines: an ended task has all of its lines, so this page is its last. */
async function look(plane: Plane, id: string, after: number): Promise<Look> {
  const task = await plane.tasks.get(id);
  if (!task) throw notFound(id);
  const lines = await plane.journal.readPacked(id, after, PAGE_BYTES);
  const next = lines.last;
  const isCompleted = isOver(task.state);
  const page = {
    next,
    state: task.state,
    isCompleted,
    isEnd: isCompleted && next >= (await plane.journal.size(id)).lastSeq,
    progress: isCompleted ? null : await progressOf(plane, task),
    isObserved: await isObserved(plane, task),
  };
  return { lines, page, lookMs: task.claim?.nodeId === plane.host.nodeId ? LOOK_AT_OWN_MS : LOOK_AT_OTHERS_MS };
}

async function progressOf(plane: Plane, task: ServerTask): Promise<PackedLogPage['progress']> {
  const running = (await plane.journal.activities(task.id)).findLast(
    (a) => a.state === 'Running' && a.progress !== undefined,
  );
  return running ? { percentage: Math.round(running.progress ?? 0), message: running.progressMessage ?? '' } : null;
}

/** The rows are JSON already. */
function pageText({ first, rows }: PackedLines, page: Look['page']): string {
  const rest = JSON.stringify(logPageForm.toWire({ first, lines: [], ...page }));
  return rest.replace('"Lines":[]', () => `"Lines":[${rows}]`);
}

/** Aborts when the client goes away before it was answered. */
function leaves(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort(new Error('the client is gone')));
  return gone.signal;
}
