export interface Limit {
  /** Default 30 s. */
  readonly limitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The promise, unless its time is over or the signal aborts first: a wait that fails says what it waited for. */
export async function limited<T>(wait: Promise<T>, what: string, { limitMs = 30_000, signal }: Limit = {}): Promise<T> {
  wait.catch(() => undefined); // who waits no more does not want to hear of it
  signal?.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new LimitError(`waited ${limitMs} ms for ${what}`)), limitMs);
  const abort = () => reject(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([wait, promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** A wait of the testkit took longer than it may. */
export class LimitError extends Error {
  override readonly name = 'LimitError';
}
