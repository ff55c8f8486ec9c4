import { type FastifyInstance, type FastifyReply } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longest time that requests get to end when the app closes; then their connections are cut. */
const DRAIN_MS = 5_000;

/** Aborts when the app begins to close: who waits in a request is answered, before connections are cut. */
export function watchClosing(app: FastifyInstance): AbortSignal {
  const closing = new AbortController();
  const drained = new AbortController();
  const open = new Set<FastifyReply>();
  const end = (reply: FastifyReply) => {
    open.delete(reply);
    if (open.size === 0 && closing.signal.aborted) drained.abort();
  };
  app.addHook('onRequest', async (_request, reply) => {
    open.add(reply);
    reply.raw.once('close', () => end(reply)); // answered, or left by its client: no hook tells of that
  });
  app.addHook('preClose', async () => {
    closing.abort(new Error('the server stops'));
    if (open.size > 0) await sleep(DRAIN_MS, undefined, { signal: drained.signal }).catch(() => {}); // drained in time
  });
  return closing.signal;
}
