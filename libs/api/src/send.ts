import { fromErrorBody, unreachable } from './error-body.ts';

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
/** How a request gets to the routes: over HTTP, or into an app in this process. */
export type Send = (
  request: Request,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<Response>;

export function httpSend(url: string): Send {
  const base = url.replace(/\/+$/, '').replace(/\/api$/, '');
  return async ({ method, path, body }, headers, signal) => {
    try {
      const answer = await fetch(`${base}${path}`, {
        method,
        headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal,
      });
      return {
        status: answer.status,
        text: () => answer.text(),
        bytes: () => (answer.body ?? new ReadableStream<Uint8Array>()) as unknown as AsyncIterable<Uint8Array>,
      };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw unreachable(base, error);
    }
  };
}

/** Fails with the error that the answer stands for. */
export async function checked(answer: Response): Promise<Response> {
  if (answer.status < 400) return answer;
  const text = await answer.text();
  throw fromErrorBody(answer.status, readJson(text));
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { ErrorMessage: text.slice(0, 300) };
  }
}
