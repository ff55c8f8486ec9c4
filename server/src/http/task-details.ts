import { taskDetailsForm } from '@octo/api';
import { type LogLine } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { activityTree } from './activity-tree.ts';
import { flag, number, type Query } from './collections.ts';
import { taskResource } from './task-resource.ts';
import { taskOf } from './task-of.ts';

const READ_BYTES = 512 * 1024;
/** Lines per activity; the whole log is at `raw`. */
const LONGEST_TAIL = 5_000;

/** GET /api/tasks/{id}/details: the log as a tree (R217). */
export function taskDetailRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/tasks/:id/details', async (request) => {
    const task = await taskOf(plane, request.params);
    const query = request.query as Query;
    const tail = Math.min(number(query, 'tail', 1_000), LONGEST_TAIL);
    const lines = await tails(plane, task.id, { isVerbose: flag(query, 'verbose') !== false, tail });
    const activities = await plane.journal.activities(task.id);
    const running = activities.findLast((a) => a.state === 'Running' && a.progress !== undefined);
    return taskDetailsForm.toWire({
      task: taskResource(task, plane.clock.now()),
      activityLogs: [activityTree(task, activities, lines)],
      progress: { progressPercentage: Math.round(running?.progress ?? 0), estimatedTimeRemaining: '' },
      physicalLogSize: (await plane.journal.size(task.id)).bytes,
      links: { Self: `/api/tasks/${task.id}/details` },
    });
  });
}

/** The last lines of each activity, in one pass over the log; never more than twice the tail is held. */
async function tails(
  plane: Plane,
  taskId: string,
  { isVerbose, tail }: { readonly isVerbose: boolean; readonly tail: number },
): Promise<ReadonlyMap<string, readonly LogLine[]>> {
  const byActivity = new Map<string, LogLine[]>();
  for (let after = 0; ;) {
    const lines = await plane.journal.read(taskId, after, READ_BYTES);
    if (lines.length === 0) break;
    after = lines.at(-1)?.seq ?? after;
    for (const line of lines) {
      if (!isVerbose && (line.category === 'Verbose' || line.category === 'Trace')) continue;
      const kept = byActivity.get(line.activityId) ?? [];
      byActivity.set(line.activityId, kept);
      kept.push(line);
      if (kept.length > 2 * tail) cutTo(tail, kept);
    }
  }
  for (const kept of byActivity.values()) cutTo(tail, kept);
  return byActivity;
}

function cutTo(count: number, lines: LogLine[]): void {
  lines.splice(0, Math.max(0, lines.length - count));
}
