import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { KnownFailure } from '../errors.ts';

export interface Access {
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly ignoresSslErrors: boolean;
  readonly signal: AbortSignal;
  readonly warn: (text: string) => void;
}
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** The server knows us, and says no. */
export class RefusedError extends Error {
  static isOne(value: unknown): value is RefusedError {
    return value instanceof RefusedError;
  }
}

const REQUEST_MS = 60_000;
/** A server that is just starting is waited for (halibut.md 9.3.2). */
const PATIENCE_MS = 60_000;
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_REDIRECTS = 5;

/** Calls of the REST API in Octopus.Client's manner: PUT and DELETE are POSTs that say so (9.3.2). */
export class RestClient {
  readonly #access: Access;
  readonly #cookies = new Map<string, string>();
  #hasWarned = false;

  constructor(access: Access) {
    this.#access = access;
  }

  get cookies(): ReadonlyMap<string, string> {
    return this.#cookies;
  }

  get<T>(path: string): Promise<T> {
    return this.#json<T>('GET', path);
  }
  post<T>(path: string, body: unknown): Promise<T> {
    return this.#json<T>('POST', path, body);
  }
  put<T>(path: string, body: unknown): Promise<T> {
    return this.#json<T>('POST', path, body, { 'X-HTTP-Method-Override': 'PUT' });
  }
  async delete(path: string): Promise<void> {
    await this.#json('POST', path, undefined, { 'X-HTTP-Method-Override': 'DELETE' });
  }

  /** The first call: while the server starts, or nothing answers, it is made again for a minute. */
  async patientGet<T>(path: string): Promise<T> {
    const untilMs = Date.now() + PATIENCE_MS;
    for (;;) {
      const pauseMs = await this.send('GET', path).then(
        (answer) => (answer.status === 503 ? 500 : answer),
        (error: unknown) => {
          if (!isConnection(error) || Date.now() > untilMs) throw error;
          return 1_000;
        },
      );
      if (typeof pauseMs !== 'number') return read<T>(path, pauseMs);
      if (Date.now() > untilMs) return read<T>(path, await this.send('GET', path));
      await sleep(pauseMs, undefined, { signal: this.#access.signal });
    }
  }

  async #json<T>(
    method: string,
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    return read<T>(path, await this.send(method, path, body, more));
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    let url = new URL(path, this.#access.server);
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#once(method, url, body, more);
      const { location } = answer.headers;
      const isMoved = method === 'GET' && answer.status >= 300 && answer.status < 400 && location !== undefined;
      if (!isMoved || redirects >= MOST_REDIRECTS) return answer;
      const next = new URL(location, url);
      if (next.origin !== url.origin)
        throw new Error(`${url.origin} sends on to ${next.origin}; name that server, for the key goes to nobody else`);
      url = next;
    }
  }

  async #once(method: string, url: URL, body: unknown, more: Readonly<Record<string, string>>): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body, undefined, 2);
    const csrf = [...this.#cookies].find(([name]) => name.startsWith('Octopus-Csrf-Token'))?.[1];
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const options: RequestOptions & { rejectUnauthorized?: boolean } = {
      method,
      signal: this.#access.signal,
      timeout: REQUEST_MS,
      headers: {
        Accept: 'application/json',
        'User-Agent': 'octo-tentacle',
        ...this.#access.headers,
        ...more,
        ...(cookie !== '' && { Cookie: cookie }),
        ...(csrf !== undefined && { 'X-Octopus-Csrf-Token': decodeURIComponent(csrf) }),
        ...(text !== undefined && { 'Content-Type': 'application/json; charset=utf-8' }),
        ...(method === 'POST' && { 'Content-Length': Buffer.byteLength(text ?? '') }),
      },
      ...(url.protocol === 'https:' && { rejectUnauthorized: !this.#access.ignoresSslErrors }),
    };
    if (this.#access.ignoresSslErrors && url.protocol === 'https:' && !this.#hasWarned) {
      this.#hasWarned = true;
      this.#access.warn(`The certificate of ${url.origin} is not checked.`);
    }
    const answer = await exchange(url, options, text);
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
      if (name !== '') this.#cookies.set(name, value);
    }
    return answer;
  }
}

function exchange(url: URL, options: RequestOptions, text: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, (response) => {
      let size = 0;
      const parts: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MOST_BYTES) request.destroy(new Error(`${url.href} answers without end`));
        parts.push(chunk);
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString() }),
      );
      response.on('error', reject);
    });
    request.on('timeout', () =>
      request.destroy(new Error(`${url.href} did not answer within ${REQUEST_MS / 1_000} s`)),
    );
    request.on('error', reject);
    request.end(text);
  });
}

function isConnection(error: unknown): boolean {
  return ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EAI_AGAIN'].includes(
    (error as { code?: string }).code ?? '',
  );
}

/** 400 and 409 are the server's own words, and exit code 1; everything else that is no success is exit code 100. */
function read<T>(path: string, { status, text }: Answer): T {
  const body = parse(text);
  if (status >= 200 && status < 300) {
    if (text !== '' && body === undefined)
      throw new Error(`${path} was answered with what is no JSON: ${text.slice(0, 500)}`);
    return body as T; // of a server that is believed
  }
  const { ErrorMessage, Errors } = (body ?? {}) as { ErrorMessage?: string; Errors?: readonly string[] };
  const words = ErrorMessage ?? `${path} was answered with status ${status}: ${text.slice(0, 500)}`;
  if (status === 400 || status === 409)
    throw new KnownFailure([words, ...(Errors?.length ? ['', ...Errors.map((it) => ` - ${it}`)] : [])].join('\n'));
  if (status === 401 || status === 403) throw new RefusedError(words);
  throw new Error(words);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
