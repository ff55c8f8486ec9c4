import { OctoError, TransportError } from '@octo/kernel';

/** One request: its signal, and a limit on each single wait, which says what was waited for. Leaving it lets go of the request. */
export class Patience implements Disposable {
  /** Aborts with the caller's signal, when a wait takes too long, and at the end. */
  readonly signal: AbortSignal;
  readonly #what: string;
  readonly #own = new AbortController();

  /** `what`: 'GET /api/tasks'. */
  constructor(what: string, caller: AbortSignal) {
    this.#what = what;
    this.signal = AbortSignal.any([caller, this.#own.signal]);
  }

  /** Wait for something that ends with `signal`. */
  async wait<T>(it: Promise<T>, limitMs: number): Promise<T> {
    const timer = setTimeout(() => this.#own.abort(tooSlow(this.#what, limitMs)), limitMs);
    try {
      return await it;
    } catch (error) {
      this.signal.throwIfAborted();
      throw OctoError.is(error) ? error : broken(this.#what, error);
    } finally {
      clearTimeout(timer);
    }
  }

  [Symbol.dispose](): void {
    this.#own.abort(new Error('the request is over'));
  }
}

function tooSlow(what: string, limitMs: number): TransportError {
  const limit = limitMs < 1_000 ? `${limitMs} ms` : `${Math.round(limitMs / 1_000)} s`;
  return new TransportError('OCTO_TRANSPORT_SERVER_TIMEOUT', `the server did not answer ${what} within ${limit}`, {
    started: 'maybe',
    hint: 'look at the log of the server, then try again',
  });
}

function broken(what: string, cause: unknown): TransportError {
  return new TransportError('OCTO_TRANSPORT_SERVER_BROKEN', `the connection broke in the answer to ${what}`, {
    started: 'maybe',
    hint: 'try again',
    cause,
  });
}
