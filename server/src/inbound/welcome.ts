import { type Clock, type Logger } from '@octo/kernel';
import { isOver, type Signals, type Tasks, type ServerTask, type Worker, type Workers } from '@octo/plane';

export interface WelcomeDeps {
  readonly workers: Workers;
  readonly tasks: Tasks;
  readonly signals: Signals;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Queue a check on this node, where they are connected. */
  check(workers: readonly Worker[]): Promise<ServerTask>;
}

/** Who comes meanwhile is checked by the same task. Half of it is chance: nodes that start together do not check together. */
const GATHER_MS = 500;
/** Most workers of one task. */
const AT_ONCE = 500;
/** A check that ends sooner says so; else the next one is not kept waiting for ever. */
const CHECK_MS = 600_000;
const LOOK_MS = 5_000;

/**
 * A worker that connects and is not known to be well is checked at once (R87): those that come together by one task, and
 * one task at a time, so that agents that come back after an outage do not fill the queue (U26).
 */
export class Welcome implements AsyncDisposable {
  readonly #deps: WelcomeDeps;
  readonly #waiting = new Set<string>();
  readonly #end = new AbortController();
  #checking: Promise<void> | undefined;

  constructor(deps: WelcomeDeps) {
    this.#deps = deps;
  }

  came(workerIds: readonly string[]): void {
    for (const id of workerIds) this.#waiting.add(id);
    if (this.#end.signal.aborted) return;
    this.#checking ??= this.#checkAll().finally(() => (this.#checking = undefined));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#checking;
  }

  async #checkAll(): Promise<void> {
    const { clock, logger } = this.#deps;
    const { signal } = this.#end;
    while (this.#waiting.size > 0 && !signal.aborted) {
      try {
        await clock.sleep(GATHER_MS + Math.random() * GATHER_MS, signal);
        const batch = [...this.#waiting].slice(0, AT_ONCE);
        for (const id of batch) this.#waiting.delete(id);
        const found = await Promise.all(batch.map((id) => this.#deps.workers.get(id)));
        const unwell = found.filter((it) => it !== undefined).filter(isUnwell);
        for (const some of Map.groupBy(unwell, (it) => it.spaceId).values())
          await this.#over(await this.#deps.check(some));
      } catch (error) {
        if (!signal.aborted)
          logger.warn({ room: 'inbound', error: String(error) }, 'workers that connected could not be checked');
      }
    }
  }

  async #over(task: ServerTask): Promise<void> {
    const { tasks, signals, clock } = this.#deps;
    const { signal } = this.#end;
    using news = signals.subscribe(`task:${task.id}`);
    const untilMs = clock.now() + CHECK_MS;
    while (clock.now() < untilMs) {
      const now = await tasks.get(task.id);
      if (!now || isOver(now.state)) return;
      await news.next(LOOK_MS, signal);
    }
  }
}

function isUnwell({ isDisabled, health }: Worker): boolean {
  return !isDisabled && (health === 'Unknown' || health === 'Unavailable');
}
