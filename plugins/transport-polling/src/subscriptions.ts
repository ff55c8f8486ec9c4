import { type Halibut, type Subscription } from '@octo/halibut';

/**
 * The queues of this node: one per subscription and certificate, whether its agent is connected or not. A machine that
 * was registered anew with another certificate is another one.
 */
export class Subscriptions implements AsyncDisposable {
  readonly #all = new Map<string, Subscription>();
  /** True while agents can come. */
  isServed = false;

  of(wire: Halibut, uri: string, thumbprint: string): Subscription {
    const key = `${uri} ${thumbprint.toUpperCase()}`;
    const known = this.#all.get(key);
    if (known) return known;
    const made = wire.subscription(uri);
    this.#all.set(key, made);
    return made;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all.values()].map((subscription) => subscription[Symbol.asyncDispose]()));
    this.#all.clear();
  }
}
