import { toWire } from '@octo/api';
import { type Activity, type LogLine } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { type Plane } from '../plane.ts';
import { number, text, type Query } from './collections.ts';
import { taskResource } from './task-resource.ts';
import { taskOf } from './tasks.ts';

const READ_BYTES = 512 * 1024;
/** Lines per activity in `details`; the whole log is at `raw`. */
const LONGEST_TAIL = 5_000;

/** The log as a tree, and as text (R217). */
export function taskDetailRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/tasks/:id/details', async (request) => {
    const task = await taskOf(plane, request.params);
    const query = request.query as Query;
    const tail = Math.min(number(query, 'tail', 1_000), LONGEST_TAIL);
    const lines = await tails(plane, task.id, text(query, 'verbose') !== 'false', tail);
    const activities = await plane.journal.activities(task.id);
    const running = activities.findLast((a) => a.state === 'Running' && a.progress !== undefined);
    return toWire({
      task: taskResource(task, plane.clock.now()),
      activityLogs: tree(task.id, activities, lines),
      progress: { progressPercentage: Math.round(running?.progress ?? 0), estimatedTimeRemaining: '' },
      physicalLogSize: (await plane.journal.size(task.id)).bytes,
      links: { Self: `/api/tasks/${task.id}/details` },
    });
  });

  app.get('/api/tasks/:id/raw', async (request, reply) => {
    const task = await taskOf(plane, request.params);
    const head = `Task ${task.id}: ${task.description}\nState: ${task.state}\n\n`;
    return reply.type('text/plain; charset=utf-8').send(Readable.from(rawText(plane, task.id, head)));
  });
}

/** Page by page as fast as it is read: a slow reader holds one page, not the log. */
async function* rawText(plane: Plane, taskId: string, head: string): AsyncGenerator<string> {
  yield head;
  for (let after = 0; ;) {
    const lines = await plane.journal.read(taskId, after, READ_BYTES);
    if (lines.length === 0) return;
    yield `${lines.map(rawLine).join('\n')}\n`;
    after = lines.at(-1)?.seq ?? after;
  }
}
function rawLine({ atMs, category, text: line }: LogLine): string {
  return `${new Date(atMs).toISOString()}   ${category.padEnd(9)} |   ${line}`;
}

/** The last lines of each activity, in one pass over the log. */
async function tails(plane: Plane, taskId: string, verbose: boolean, tail: number): Promise<Map<string, LogLine[]>> {
  const byActivity = new Map<string, LogLine[]>();
  for (let after = 0; ;) {
    const lines = await plane.journal.read(taskId, after, READ_BYTES);
    if (lines.length === 0) return byActivity;
    after = lines.at(-1)?.seq ?? after;
    for (const line of lines) {
      if (!verbose && (line.category === 'Verbose' || line.category === 'Trace')) continue;
      const kept = byActivity.get(line.activityId) ?? [];
      byActivity.set(line.activityId, kept);
      kept.push(line);
      if (kept.length > tail) kept.shift();
    }
  }
}

/** One root (the task), below it the steps, below each its worker: clients count on these levels (rest.md 2.10). */
function tree(taskId: string, activities: readonly Activity[], lines: ReadonlyMap<string, readonly LogLine[]>) {
  const element = (a: Activity): object => ({
    id: a.id === '' ? taskId : `${taskId}/${a.id}`,
    name: a.name,
    started: a.startedAtMs === undefined ? null : new Date(a.startedAtMs).toISOString(),
    ended: a.endedAtMs === undefined ? null : new Date(a.endedAtMs).toISOString(),
    status: a.state,
    children: activities.filter((b) => b.id !== '' && parentOf(b.id) === a.id).map(element),
    showAtSummaryLevel: true,
    logElements: (lines.get(a.id) ?? []).map((line) => ({
      category: line.category,
      occurredAt: new Date(line.atMs).toISOString(),
      messageText: line.text,
      detail: null,
      number: line.seq,
    })),
    progressPercentage: Math.round(a.progress ?? (a.endedAtMs === undefined ? 0 : 100)),
    progressMessage: a.progressMessage ?? '',
  });
  return activities.filter((a) => a.id === '').map(element);
}
function parentOf(id: string): string {
  return id.includes('/') ? id.slice(0, id.lastIndexOf('/')) : '';
}
