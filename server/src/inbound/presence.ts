import { type Clock, type Logger } from '@octo/kernel';
import { type Connections, LocalSignals, type Signals } from '@octo/plane';

export interface PresenceDeps {
  readonly connections: Connections;
  readonly signals: Signals;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nodeId: string;
  /** Called once it is stored that they have come. */
  readonly came: (workerIds: readonly string[]) => void;
}

/** What comes and goes in this time is stored as one change: two thousand agents come back at once. */
const GATHER_MS = 50;
/** How often it is looked whether the store still says what is so: another node may have taken this one for dead. */
const PROVE_MS = 60_000;

/** Which workers this node reaches: known here at once, and stored for the other nodes. */
export class Presence implements AsyncDisposable {
  readonly #deps: PresenceDeps;
  /** Connections of each worker. */
  readonly #held = new Map<string, number>();
  /** Whom the store has, as far as this node knows. */
  #stored = new Set<string>();
  /** Who may have come or gone since. */
  #touched = new Set<string>();
  readonly #bell = new LocalSignals();
  readonly #end = new AbortController();
  readonly #storing: Promise<void>;

  constructor(deps: PresenceDeps) {
    this.#deps = deps;
    this.#storing = this.#keepStored();
  }

  here(workerId: string): Disposable {
    this.#count(workerId, 1);
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#count(workerId, -1);
        isHeld = false;
      },
    };
  }

  /** Nobody is here any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#storing;
    const { connections, nodeId, logger } = this.#deps;
    await connections.releaseOfNode(nodeId).catch((error: unknown) => {
      logger.warn(
        { room: 'inbound', error: String(error) },
        'connections are released by whoever finds this node gone',
      );
    });
  }

  #count(workerId: string, more: 1 | -1): void {
    const connections = (this.#held.get(workerId) ?? 0) + more;
    if (connections > 0) this.#held.set(workerId, connections);
    else this.#held.delete(workerId);
    this.#touched.add(workerId);
    this.#bell.publish('touched');
  }

  async #keepStored(): Promise<void> {
    const { clock, logger } = this.#deps;
    const { signal } = this.#end;
    using news = this.#bell.subscribe('touched');
    let provedAtMs = clock.now();
    while (!signal.aborted) {
      try {
        await news.next(PROVE_MS, signal);
        await clock.sleep(GATHER_MS, signal);
        if (clock.now() - provedAtMs >= PROVE_MS) {
          await this.#prove();
          provedAtMs = clock.now();
        }
        await this.#store();
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ room: 'inbound', error: String(error) }, 'cannot store who is connected; tries again');
        await clock.sleep(1_000, signal).catch(() => {});
        this.#bell.publish('touched');
      }
    }
  }

  async #store(): Promise<void> {
    const { connections, signals, nodeId, clock, came: tell } = this.#deps;
    const touched = [...this.#touched];
    const came = touched.filter((id) => this.#held.has(id) && !this.#stored.has(id));
    const left = touched.filter((id) => !this.#held.has(id) && this.#stored.has(id));
    this.#touched = new Set();
    if (came.length + left.length === 0) return;
    try {
      await connections.note(nodeId, { came, left }, clock.now());
    } catch (error) {
      for (const id of touched) this.#touched.add(id);
      throw error;
    }
    for (const id of came) this.#stored.add(id);
    for (const id of left) this.#stored.delete(id);
    signals.publish('leases'); // whoever waits for a worker looks again
    if (came.length > 0) tell(came);
  }

  async #prove(): Promise<void> {
    const all = [...new Set([...this.#stored, ...this.#held.keys()])];
    const found = await this.#deps.connections.of(all);
    this.#stored = new Set(found.filter((it) => it.nodeId === this.#deps.nodeId).map((it) => it.workerId));
    for (const id of all) this.#touched.add(id);
  }
}
