/** Wakes whoever waits. A waiter says up to which ring it has looked, so that none is missed in between. */
export class Bell {
  #rings = 0;
  readonly #waiters = new Set<() => void>();

  get rings(): number {
    return this.#rings;
  }

  ring(): void {
    this.#rings++;
    for (const wake of this.#waiters) wake();
  }

  /** Resolves at the first ring after number `seen`, at the latest after `limitMs`; rejects with the signal's reason. */
  async wait(seen: number, limitMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#rings > seen) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#waiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(limitMs, 2 ** 31 - 1));
      signal.addEventListener('abort', wake, { once: true });
      this.#waiters.add(wake);
    });
    signal.throwIfAborted();
  }
}
