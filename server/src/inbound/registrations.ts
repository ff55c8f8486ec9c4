import { type Clock, type Logger, type Registration } from '@octo/kernel';
import { type Signals, type Worker, type Workers } from '@octo/plane';

export interface RegistrationsDeps {
  readonly workers: Workers;
  readonly signals: Signals;
  readonly clock: Clock;
  readonly logger: Logger;
}
interface Watched {
  /** Style and endpoint as they were. */
  readonly state: string;
  readonly stop: AbortController;
}

/** Looks without news: what a process on the same folder has changed. */
const LOOK_MS = 30_000;
/** Many changes at once are looked at once. */
const PAUSE_MS = 200;
/** Why a connection has to go. */
const CHANGED = new DOMException('the registration of the worker has changed', 'AbortError');

/** Who may connect, and until when: every answer is watched until the worker's endpoint changes or it is deleted. */
export class Registrations implements AsyncDisposable {
  readonly #deps: RegistrationsDeps;
  readonly #watched = new Map<string, Watched>();
  readonly #end = new AbortController();
  readonly #watching: Promise<void>;

  constructor(deps: RegistrationsDeps) {
    this.#deps = deps;
    this.#watching = this.#watch();
  }

  async find(style: string, address: string): Promise<readonly Registration<unknown>[]> {
    const found = await this.#deps.workers.byAddress(style, address);
    return found.map((worker) => {
      const { id: workerId, endpoint } = worker;
      return { workerId, endpoint, changed: this.#signalOf(workerId, worker) };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#watching;
  }

  #signalOf(workerId: string, worker: Pick<Worker, 'style' | 'endpoint'>): AbortSignal {
    const state = stateOf(worker);
    const known = this.#watched.get(workerId);
    if (known?.state === state) return known.stop.signal;
    known?.stop.abort(CHANGED);
    const stop = new AbortController();
    this.#watched.set(workerId, { state, stop });
    return stop.signal;
  }

  async #watch(): Promise<void> {
    const { signals, clock, logger } = this.#deps;
    const { signal } = this.#end;
    using news = signals.subscribe('workers');
    while (!signal.aborted) {
      try {
        await news.next(LOOK_MS, signal);
        await this.#look();
        await clock.sleep(PAUSE_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ room: 'inbound', error: String(error) }, 'cannot see whether workers have changed; looks again');
        await clock.sleep(1_000, signal).catch(() => {});
        signals.publish('workers');
      }
    }
  }

  async #look(): Promise<void> {
    const before = [...this.#watched];
    if (before.length === 0) return;
    const now = await this.#deps.workers.endpoints(before.map(([id]) => id));
    for (const [id, watched] of before) {
      const worker = now.get(id);
      if ((worker && stateOf(worker) === watched.state) || this.#watched.get(id) !== watched) continue;
      this.#watched.delete(id);
      watched.stop.abort(CHANGED);
    }
  }
}

function stateOf({ style, endpoint }: Pick<Worker, 'style' | 'endpoint'>): string {
  return JSON.stringify([style, endpoint]);
}
