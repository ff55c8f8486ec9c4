import { type Request, type Response } from '@octo/api';
import { type FastifyInstance } from 'fastify';

/** A request into the routes of this process, without a socket; bodies stream as they would over one. */
export async function inject(
  app: FastifyInstance,
  { method, path, body }: Request,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Response> {
  signal.throwIfAborted();
  const answer = app.inject({
    method,
    url: path,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
    payloadAsStream: true,
  });
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const response = await Promise.race([answer, aborted]);
  const stream = response.stream();
  return {
    status: response.statusCode,
    async text() {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString('utf8');
    },
    bytes: () => stream,
  };
}
