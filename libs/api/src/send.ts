import { InputError, TransportError } from '@octo/kernel';

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Begins with /api. */
  readonly path: string;
  readonly body?: unknown;
}
export interface Response {
  readonly status: number;
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

export function httpSend(url: string, fetcher: typeof fetch = fetch): Send {
  const base = baseOf(url);
  return async ({ method, path, body }, headers, signal) => {
    const hasBody = body !== undefined;
    const answer = await fetcher(`${base}${path}`, {
      method,
      headers: { ...headers, ...(hasBody && { 'content-type': 'application/json' }) },
      ...(hasBody && { body: JSON.stringify(body) }),
      redirect: 'manual', // followed, it would take the key to wherever it points
      signal,
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw unreachable(base, error);
    });
    if (answer.status >= 300 && answer.status < 400) throw await redirected(base, answer);
    return { status: answer.status, text: () => answer.text(), bytes: () => chunks(answer) };
  };
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

async function* chunks(answer: globalThis.Response): AsyncGenerator<Uint8Array> {
  const reader = answer.body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) yield next.value;
}

async function redirected(base: string, answer: globalThis.Response): Promise<InputError> {
  await answer.body?.cancel();
  const to = answer.headers.get('location') ?? 'another address';
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
