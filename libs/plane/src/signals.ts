import { setTimeout as sleep } from 'node:timers/promises';
import { type Signals, type Subscription } from './ports.ts';

/** Wake-up by event inside one process. What other processes change is found by polling, the net under it. */
export class LocalSignals implements Signals {
  readonly #topics = new Map<string, Set<LocalSubscription>>();

  publish(topic: string): void {
    for (const subscription of this.#topics.get(topic) ?? []) subscription.wake();
  }

  subscribe(topic: string): Subscription {
    const all = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, all);
    const subscription = new LocalSubscription(() => {
      all.delete(subscription);
      if (all.size === 0 && this.#topics.get(topic) === all) this.#topics.delete(topic);
    });
    all.add(subscription);
    return subscription;
  }
}

class LocalSubscription implements Subscription {
  readonly #leave: () => void;
  #isLatched = false;
  #sleeper = new AbortController();

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  wake(): void {
    this.#isLatched = true;
    this.#sleeper.abort();
  }

  async next(limitMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#isLatched) {
      const until = AbortSignal.any([signal, this.#sleeper.signal]);
      await sleep(limitMs, undefined, { signal: until }).catch(() => signal.throwIfAborted());
    }
    this.#isLatched = false;
    this.#sleeper = new AbortController();
  }

  [Symbol.dispose](): void {
    this.#leave();
  }
}
