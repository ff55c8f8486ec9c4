import { setTimeout as sleep } from 'node:timers/promises';
import { Acceptor, type AcceptorOptions, type Guest } from './acceptor.ts';
import { type Call, CallMaker, exchange, StockCallError, type StockClient } from './calls.ts';
import { WireError } from './values.ts';
import { STOCK_LIMITS, type Wire } from './wire.ts';

export interface PollingServerOptions extends AcceptorOptions {
  /** Factor on the 30 s after which an agent is told that there is nothing to do. Default 1. */
  readonly timeScale?: number;
}

interface Job {
  readonly call: Call;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: () => unknown) => void;
  readonly reject: (error: unknown) => void;
  isTaken: boolean;
}

const NULL_AFTER_MS = 30_000;

/**
 * One agent that polls: the queue of what it is to do (halibut.md 2.6, 8.2). As in the real program a connection that
 * has died while it waited is noticed only when it is written to: the call that it was given then fails as `unknown`.
 */
export class StockSubscription implements StockClient {
  readonly uri: string;
  readonly #calls: CallMaker;
  readonly #pickUpMs: number;
  readonly #queue: Job[] = [];
  readonly #takers: ((job: Job) => void)[] = [];
  /** Connections that wait for work or do it. */
  connections = 0;
  /** Times that one of them was told that there is nothing to do. */
  nulls = 0;

  constructor(uri: string, thumbprint: string, pickUpMs: number) {
    this.uri = uri;
    this.#calls = new CallMaker({ baseUri: uri, thumbprint });
    this.#pickUpMs = pickUpMs;
  }

  async call(service: string, method: string, params: readonly unknown[] = [], signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<() => unknown>();
    const job: Job = { call: this.#calls.make(service, method, params), signal, resolve, reject, isTaken: false };
    const giveUp = setTimeout(() => {
      if (this.#remove(job)) reject(new StockCallError(notCollected(this.#pickUpMs), 'connecting'));
    }, this.#pickUpMs);
    const abort = () => {
      this.#remove(job);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    const taker = this.#takers.shift();
    if (taker === undefined) this.#queue.push(job);
    else taker(job);
    try {
      return (await promise)();
    } finally {
      clearTimeout(giveUp);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** The next job, or undefined when there was none for so long. */
  async take(waitMs: number, signal: AbortSignal): Promise<Job | undefined> {
    const ready = this.#queue.shift();
    if (ready !== undefined) return ready;
    const { promise, resolve } = Promise.withResolvers<Job>();
    this.#takers.push(resolve);
    const stop = new AbortController();
    const silence = sleep(waitMs, undefined, { signal: AbortSignal.any([signal, stop.signal]) }).catch(() => undefined);
    const job = await Promise.race([promise, silence]);
    stop.abort();
    const at = this.#takers.indexOf(resolve);
    if (at >= 0) this.#takers.splice(at, 1);
    return job;
  }

  #remove(job: Job): boolean {
    const at = this.#queue.indexOf(job);
    if (at >= 0) this.#queue.splice(at, 1);
    return at >= 0;
  }
}

/** The comms port of a server, as 10943: agents call, and get one request after the other. `PROCEED` waits for `NEXT`. */
export class StockPollingServer implements AsyncDisposable {
  readonly #acceptor: Acceptor;
  readonly #subscriptions: Map<string, StockSubscription>;
  readonly #stop: AbortController;
  readonly #pickUpMs: number;

  private constructor(
    acceptor: Acceptor,
    subscriptions: Map<string, StockSubscription>,
    stop: AbortController,
    ms: number,
  ) {
    this.#acceptor = acceptor;
    this.#subscriptions = subscriptions;
    this.#stop = stop;
    this.#pickUpMs = ms;
  }

  static async listen(options: PollingServerOptions): Promise<StockPollingServer> {
    const subscriptions = new Map<string, StockSubscription>();
    const stop = new AbortController();
    const nullAfterMs = NULL_AFTER_MS * (options.timeScale ?? 1);
    const acceptor = await Acceptor.listen(options, async ({ wire, words }) => {
      const found = subscriptions.get(normal(subscriptionIn(words)));
      if (found === undefined) throw new WireError(`nothing is subscribed as ${words.join(' ')}`);
      found.connections += 1;
      await serveAgent(wire, found, { nullAfterMs, signal: stop.signal }).finally(() => (found.connections -= 1));
    });
    return new StockPollingServer(acceptor, subscriptions, stop, options.limits?.pickUpMs ?? STOCK_LIMITS.pickUpMs);
  }

  get port(): number {
    return this.#acceptor.port;
  }
  get log(): readonly string[] {
    return this.#acceptor.log;
  }

  /** The queue of a subscription; from the first call on an agent may connect with it. */
  subscription(uri: string, thumbprint = ''): StockSubscription {
    const known =
      this.#subscriptions.get(normal(uri)) ?? new StockSubscription(normal(uri), thumbprint, this.#pickUpMs);
    this.#subscriptions.set(normal(uri), known);
    return known;
  }

  trust(thumbprint: string): void {
    this.#acceptor.trust(thumbprint);
  }
  distrust(thumbprint: string): void {
    this.#acceptor.distrust(thumbprint);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#acceptor[Symbol.asyncDispose]();
  }
}

function subscriptionIn(words: Guest['words']): string {
  const [role, , uri] = words;
  if (role !== 'MX-SUBSCRIBER' || uri === undefined) throw new WireError(`${words.join(' ')} is no subscriber`);
  return uri;
}

/** Compared as URIs: in lower case, with the slash (8.1). */
function normal(uri: string): string {
  return uri.toLowerCase().replace(/\/*$/, '/');
}

function notCollected(ms: number): string {
  return `A request was sent to a polling endpoint, but the polling endpoint did not collect the request within the allowed time (${ms} ms), so the request timed out.`;
}

async function serveAgent(
  wire: Wire,
  subscription: StockSubscription,
  { nullAfterMs, signal }: { readonly nullAfterMs: number; readonly signal: AbortSignal },
): Promise<void> {
  await wire.control('MX-SERVER 1.0\r\n');
  while (!signal.aborted) {
    const job = await subscription.take(nullAfterMs, signal);
    if (signal.aborted) return job?.reject(new StockCallError('the server stops', 'connecting'));
    if (job === undefined) {
      subscription.nulls += 1;
      await wire.send(null);
    } else if (!(await done(wire, job))) return;
    const word = await wire.word(wire.limits.nextMs);
    if (word === undefined || word === 'END') return;
    if (word !== 'NEXT') throw new WireError(`${word} came where NEXT was to come`);
    await wire.control('PROCEED');
  }
}

/** False when the connection is of no more use; the request is not put back into the queue (2.6). */
async function done(wire: Wire, { call, signal, resolve, reject }: Job): Promise<boolean> {
  const drop = () => wire.close();
  signal?.addEventListener('abort', drop, { once: true });
  try {
    resolve(await exchange(wire, call));
    return true;
  } catch (cause) {
    reject(new StockCallError(`${call.id} failed: ${String(cause)}`, 'unknown', cause));
    return false;
  } finally {
    signal?.removeEventListener('abort', drop);
  }
}
