import { type Request, type Response } from '@octo/api';
import { type FastifyInstance } from 'fastify';
import { text } from 'node:stream/consumers';

/** A request into the routes of this process, without a socket; bodies stream as they would over one. */
export async function inject(
  app: FastifyInstance,
  { method, path, body }: Request,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Response> {
  signal.throwIfAborted();
  const hasBody = body !== undefined;
  const response = await app
    .inject({
      method,
      url: path,
      headers: { ...headers, ...(hasBody && { 'content-type': 'application/json' }) },
      ...(hasBody && { payload: JSON.stringify(body) }),
      payloadAsStream: true,
      signal, // as a client that goes away: who waits in a route is let go
    })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      throw error;
    });
  const stream = response.stream();
  return { status: response.statusCode, text: () => text(stream), bytes: () => stream };
}
