import { InputError, TransportError } from '@octo/kernel';
import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Begins with /api. */
  readonly path: string;
  readonly body?: unknown;
}
export interface Response {
  readonly status: number;
  /** Only over HTTP. */
  readonly headers?: IncomingHttpHeaders;
  /** The whole body. */
  text(): Promise<string>;
  /** The body as it comes. */
  bytes(): AsyncIterable<Uint8Array>;
}
/** How a request gets to the routes: over HTTP, or into an app of this process. The signal also ends the body. */
export type Send = (
  request: Request,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<Response>;

/** By node:http, because the global fetch costs every command of the CLI some 40 ms to load. */
export function httpSend(url: string, isOwnMachine = false): Send {
  const base = baseOf(url);
  return async (request, headers, signal) => {
    const answer = await open(base, request, { headers, signal, isOwnMachine }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw unreachable(base, error);
    });
    const { statusCode: status = 0 } = answer;
    if (status >= 300 && status < 400) {
      answer.destroy();
      throw redirected(base, answer.headers.location); // followed, it would take the key to wherever it points
    }
    return { status, headers: answer.headers, text: () => text(answer), bytes: () => answer };
  };
}

interface Asking {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly isOwnMachine: boolean;
}

/** Resolves with the head of the answer; its body waits to be read. */
async function open(
  base: string,
  { method, path, body }: Request,
  { headers, signal, isOwnMachine }: Asking,
): Promise<IncomingMessage> {
  // imported, node:http would load fetch and WebSocket after all, for it exports the latter
  const { request } = process.getBuiltinModule(base.startsWith('https:') ? 'node:https' : 'node:http');
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const all = { ...headers, ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }) };
  // a certificate is for the server's public name, and the way to one's own machine is nobody else's
  const asked = request(`${base}${path}`, { method, headers: all, signal, rejectUnauthorized: !isOwnMachine });
  const answer = once(asked, 'response') as Promise<[IncomingMessage]>;
  asked.end(bytes);
  const [head] = await answer;
  asked.on('error', () => {}); // what breaks from here on is told by the body
  return head;
}

/** With or without a trailing slash or /api. */
function baseOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new InputError('OCTO_API_URL', `"${text}" is no address of a server`, {
      hint: 'write it like http://127.0.0.1:8065',
    });
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/api$/i, '')}`;
}

function redirected(base: string, to = 'another address'): InputError {
  return new InputError('OCTO_API_REDIRECT', `the server at ${base} sends us on to ${to}`, {
    hint: 'if you trust that address, set OCTO_URL to it',
  });
}

/** Errors of the way to the server that come before any byte was sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function unreachable(base: string, error: unknown): TransportError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  const why = code === '' ? '' : ` (${code})`;
  return new TransportError('OCTO_TRANSPORT_SERVER', `the server at ${base} does not answer${why}`, {
    started: NEVER_SENT.has(code) ? 'no' : 'maybe',
    hint: 'check OCTO_URL or --server, or start one: octo server start',
    cause,
  });
}
