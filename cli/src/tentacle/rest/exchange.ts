import { request as requestHttp, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { dial, proxyLogin, type Dialling } from './dial.ts';
import { RestFailure } from './failures.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: OutgoingHttpHeaders;
  /** Undefined: none; a POST then says `Content-Length: 0`. */
  readonly body?: string;
}
export interface HttpAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly setCookie: readonly string[];
  readonly content: string;
}

/** Longest wait for an answer, and the most bytes one may have. */
export const ANSWER_MS = 100_000;
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * One request on a connection of its own: no kept connection can turn out dead under a POST that must not be repeated.
 * What is sent are the given headers, `Host` and the length, nothing else (halibut.md 9.3.2).
 */
export async function exchange(request: HttpRequest, how: Dialling, signal: AbortSignal): Promise<HttpAnswer> {
  const socket = await dial(request.url, how, signal);
  const limit = AbortSignal.timeout(ANSWER_MS);
  try {
    const outgoing = requestHttp({
      createConnection: () => socket,
      method: request.method,
      path: pathOf(request.url, how),
      headers: headersOf(request, how),
      signal: AbortSignal.any([signal, limit]),
    });
    if (request.headers.Connection === undefined) outgoing.removeHeader('Connection'); // node would add one
    return await answered(outgoing.end(request.body));
  } catch (error) {
    signal.throwIfAborted();
    if (RestFailure.isOne(error)) throw error;
    const why = limit.aborted ? `no answer within ${ANSWER_MS / 1000} s` : (error as Error).message; // node rejects with Errors
    throw new RestFailure('OCTO_REGISTER_CONNECT', `${request.method} ${request.url.href}: ${why}`, { cause: error });
  } finally {
    socket.destroy();
  }
}

function answered(outgoing: ReturnType<typeof requestHttp>): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.once('response', (answer) => resolve(read(answer)));
  });
}

async function read(answer: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES)
      throw new RestFailure('OCTO_REGISTER_ANSWER', `the answer is longer than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return {
    status: answer.statusCode ?? 0,
    location: answer.headers.location,
    setCookie: answer.headers['set-cookie'] ?? [],
    content: Buffer.concat(chunks)
      .toString('utf8')
      .replace(/^\uFEFF/, ''),
  };
}

function isAskedWhole(url: URL, { proxy }: Dialling): boolean {
  return proxy !== undefined && url.protocol === 'http:';
}
function pathOf(url: URL, how: Dialling): string {
  const path = `${url.pathname}${url.search}`;
  return isAskedWhole(url, how) ? `${url.origin}${path}` : path;
}
function headersOf({ url, headers, body, method }: HttpRequest, how: Dialling): OutgoingHttpHeaders {
  const length = body !== undefined ? Buffer.byteLength(body) : method === 'POST' ? 0 : undefined;
  return {
    Host: url.host,
    ...headers,
    ...(isAskedWhole(url, how) && how.proxy && proxyLogin(how.proxy)),
    ...(length !== undefined && { 'Content-Length': length }),
  };
}
