import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { type Binding, type Connection, type Dialect, type Row, type Transaction } from './connection.ts';
import { Spell } from './spell.ts';

export { type Binding, type Dialect, type Row, type Transaction } from './connection.ts';

type Job = {
  readonly act: (trx: Transaction) => Promise<unknown>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
};
/** A commit so soon after another is one of many. */
const CLOSE_MS = 3;
/** How often a write is done that others got in the way of. */
const TRIES = 6;

/**
 * One database. Reads run as they come, between transactions; writes go through one hand, and those that are waiting
 * share one transaction, so that a hundred writers cost few durable commits. Each write stands or falls by itself; only a
 * commit that fails, as on a full disk, fails all that share it.
 */
export class Database implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #explain: (error: unknown) => unknown;
  readonly #spell = new Spell();
  #jobs: Job[] = [];
  #writing: Promise<void> | undefined;
  #committedMs = Number.NEGATIVE_INFINITY;
  /** While a transaction is open: what is read meanwhile would not be durable yet. */
  #open: Promise<void> | undefined;

  /** `explain` turns what the driver throws into what a person can act upon; all else it gives back as it is. */
  constructor(connection: Connection, explain: (error: unknown) => unknown) {
    this.#connection = connection;
    this.#explain = explain;
  }

  get dialect(): Dialect {
    return this.#connection.dialect;
  }

  async read(sql: string, bindings: readonly Binding[] = []): Promise<Row[]> {
    try {
      if (this.#connection.read) return await this.#connection.read(sql, bindings);
      await this.#spell.rest();
      while (this.#open) await this.#open;
      return await this.#connection.query(sql, bindings);
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** One statement as a write of its own, with the rows it returns. */
  execute(sql: string, bindings: readonly Binding[] = []): Promise<Row[]> {
    return this.write((trx) => run(trx, sql, bindings));
  }

  /**
   * Resolves once what `act` did is durable; rejects with what it threw, and then nothing of it has happened. Where
   * another process got in the way, `act` runs once more: what it does beside `trx` must bear that.
   */
  write<T>(act: (trx: Transaction) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({ act, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  /** After the writes that are waiting. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#connection.close();
  }

  /**
   * Where commits follow each other closely, each waits for one turn of the loop: what that turn brings goes along, and
   * others get theirs. A write that comes alone waits for nobody.
   */
  async #drain(): Promise<void> {
    await Promise.resolve(); // what is written in the same tick goes along
    while (this.#jobs.length > 0) {
      if (performance.now() - this.#committedMs < CLOSE_MS) await nextTurn();
      const batch = this.#jobs.slice(0, this.#connection.batch);
      this.#jobs = this.#jobs.slice(await this.#commit(batch));
      this.#committedMs = performance.now();
    }
    this.#writing = undefined;
  }

  /** Commits as many of the jobs as fit into a spell, at least one; answers with how many. */
  async #commit(jobs: readonly Job[]): Promise<number> {
    const settled: (() => void)[] = [];
    let isUpToCommit = false;
    try {
      await this.#transaction(async (trx) => {
        for (const job of jobs) {
          settled.push(await this.#attempt(trx, job, jobs.length > 1));
          if (this.#spell.isOver) break;
        }
        isUpToCommit = true;
      });
      for (const settle of settled) settle();
    } catch (error) {
      const guilty = jobs[settled.length];
      if (guilty && settled.length > 0 && !isUpToCommit && !this.#connection.hasSavepoints)
        return this.#commitAround(guilty, jobs.slice(0, settled.length));
      return this.#fallTogether(jobs.slice(0, Math.max(1, settled.length)), error);
    }
    return Math.max(1, settled.length);
  }

  /** One of them has failed, and with it all are undone: those before it once more, then that one by itself. */
  async #commitAround(guilty: Job, before: readonly Job[]): Promise<number> {
    for (let done = 0; done < before.length;) done += await this.#commit(before.slice(done));
    await this.#alone(guilty);
    return before.length + 1;
  }

  async #fallTogether(jobs: readonly Job[], why: unknown): Promise<number> {
    for (const job of jobs)
      if (this.#connection.mayRepeat(why)) await this.#alone(job);
      else job.reject(this.#explain(why));
    return jobs.length;
  }

  /** In a transaction of its own, which keeps others for the shortest time; again, with pauses that grow and differ. */
  async #alone(job: Job): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        let settle = () => {};
        await this.#transaction(async (trx) => void (settle = await this.#attempt(trx, job, false)));
        return settle();
      } catch (error) {
        if (!this.#connection.mayRepeat(error) || tries >= TRIES) return job.reject(this.#explain(error));
        await sleep(Math.random() * 2 ** tries);
      }
    }
  }

  /** Alone in its transaction a failing write simply undoes it; among others it undoes itself to its savepoint. */
  async #attempt(trx: Transaction, job: Job, isShared: boolean): Promise<() => void> {
    if (!isShared || !this.#connection.hasSavepoints) {
      const value = await job.act(trx);
      return () => job.resolve(value as never);
    }
    await trx.query('savepoint one');
    try {
      const value = await job.act(trx);
      await trx.query('release one');
      return () => job.resolve(value as never);
    } catch (error) {
      if (this.#connection.mayRepeat(error)) throw error; // all of them, each alone
      await undo(trx, error);
      return () => job.reject(this.#explain(error));
    }
  }

  async #transaction(act: (trx: Transaction) => Promise<void>): Promise<void> {
    await this.#connection.begin();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#open = promise;
    try {
      await act(this.#connection);
      await this.#connection.commit();
    } catch (error) {
      await this.#connection.rollback();
      throw error;
    } finally {
      this.#open = undefined;
      resolve();
    }
  }
}

/** After some failures the database has undone the whole transaction, savepoints too: then `why` is why it falls. */
async function undo(trx: Transaction, why: unknown): Promise<void> {
  try {
    await trx.query('rollback to one');
    await trx.query('release one');
  } catch {
    throw why;
  }
}

export async function run(trx: Transaction, sql: string, bindings: readonly Binding[] = []): Promise<Row[]> {
  return trx.query(sql, bindings);
}
