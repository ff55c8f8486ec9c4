import { type Call, CallMaker, exchange, StockCallError, type StockClient } from './calls.ts';
import { Opener, type OpenerOptions } from './opener.ts';
import { type Wire } from './wire.ts';

const MOST_IDLE = 5;
const MOST_IDLE_MS = 9 * 60_000;

/** The server of a listening agent: a pool of connections, one call at a time on each (halibut.md 1.7, 2.5). */
export class StockCaller implements StockClient, AsyncDisposable {
  readonly #opener: Opener;
  readonly #calls: CallMaker;
  readonly #idle: { readonly wire: Wire; readonly since: number }[] = [];
  readonly #all = new Set<Wire>();

  constructor(options: OpenerOptions) {
    const { host = 'localhost', port, thumbprint } = options.to;
    this.#opener = new Opener(options);
    this.#calls = new CallMaker({ baseUri: `https://${host}:${port}/`, thumbprint });
  }

  /** Connections that were opened and are not closed yet. */
  get open(): number {
    return [...this.#all].filter((wire) => !wire.isClosed).length;
  }

  async call(
    service: string,
    method: string,
    params: readonly unknown[] = [],
    signal: AbortSignal = NEVER,
  ): Promise<unknown> {
    const call = this.#calls.make(service, method, params);
    const wire = await this.#pooled(signal);
    const result = await this.#exchange(wire, call, signal);
    if (this.#idle.length < MOST_IDLE) this.#idle.push({ wire, since: performance.now() });
    else await end(wire);
    return result();
  }

  /** Drops the connections that wait in the pool, without a word. */
  drop(): void {
    for (const { wire } of this.#idle.splice(0)) wire.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#idle.splice(0).map(({ wire }) => end(wire)));
    for (const wire of this.#all) wire.close();
  }

  async #exchange(wire: Wire, call: Call, signal: AbortSignal): Promise<() => unknown> {
    const drop = () => wire.close();
    signal.addEventListener('abort', drop, { once: true });
    try {
      return await exchange(wire, call);
    } catch (cause) {
      wire.close();
      signal.throwIfAborted();
      throw new StockCallError(`${call.id} failed: ${String(cause)}`, 'unknown', cause);
    } finally {
      signal.removeEventListener('abort', drop);
    }
  }

  /** One from the pool that answers to NEXT, else a new one. */
  async #pooled(signal: AbortSignal): Promise<Wire> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      const { wire, since } = idle;
      if (performance.now() - since < MOST_IDLE_MS && (await isAlive(wire))) return wire;
      wire.close();
      this.#all.delete(wire);
    }
    try {
      const wire = await this.#opener.open('\r\n', 'MX-CLIENT 1.0', signal);
      this.#all.add(wire);
      return wire;
    } catch (cause) {
      signal.throwIfAborted();
      throw new StockCallError(cause instanceof Error ? cause.message : String(cause), 'connecting', cause);
    }
  }
}

const NEVER = new AbortController().signal;

async function isAlive(wire: Wire): Promise<boolean> {
  try {
    await wire.control('NEXT');
    return (await wire.word(wire.limits.eachMs)) === 'PROCEED';
  } catch {
    return false;
  }
}

async function end(wire: Wire): Promise<void> {
  await wire.control('END').catch(() => undefined); // best effort (2.4)
  wire.close();
}
