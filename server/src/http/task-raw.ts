import { type LogLine, type ServerTask } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { type Plane } from '../plane.ts';
import { iso } from './instants.ts';
import { taskOf } from './task-of.ts';

const READ_BYTES = 256 * 1024;

/** GET /api/tasks/{id}/raw: the whole log as text (R217). */
export function taskRawRoutes(app: FastifyInstance, plane: Plane, closing: AbortSignal): void {
  app.get('/api/tasks/:id/raw', async (request, reply) => {
    const task = await taskOf(plane, request.params);
    return reply
      .type('text/plain; charset=utf-8')
      .header('x-content-type-options', 'nosniff')
      .send(Readable.from(rawText(plane, task, closing)));
  });
}

/** Page by page as fast as it is read: a slow reader holds two pages, not the log. */
async function* rawText(plane: Plane, task: ServerTask, closing: AbortSignal): AsyncGenerator<string> {
  yield `Task ${task.id}: ${task.description}\nState: ${task.state}\n\n`;
  for (let after = 0; ;) {
    closing.throwIfAborted(); // the connection breaks, so that half a log is never taken for the whole
    const lines = await plane.journal.read(task.id, after, READ_BYTES);
    if (lines.length === 0) return;
    yield `${lines.map(rawLine).join('\n')}\n`;
    after = lines.at(-1)?.seq ?? after;
  }
}

function rawLine({ atMs, category, text }: LogLine): string {
  return `${iso(atMs)}   ${category.padEnd(9)} |   ${text}`;
}
