import knex, { type Knex } from 'knex';
import { SqliteClient } from './sqlite-client.ts';

export type Row = Record<string, unknown>;
type Job = {
  readonly act: (trx: Knex.Transaction) => Promise<unknown>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
};
/** Most writes that share one commit; more would make each of them wait. */
const BATCH = 64;

/**
 * One database. Reads run as they come; writes go through one hand, and those that are waiting share one transaction,
 * so that a hundred writers cost few durable commits. Each write stands or falls by itself.
 */
export class Database implements AsyncDisposable {
  readonly #knex: Knex;
  readonly #jobs: Job[] = [];
  #writing: Promise<void> | undefined;

  constructor(db: Knex) {
    this.#knex = db;
  }

  /** SQLite file: WAL, `synchronous=FULL`: a commit that was answered is on the disk. */
  static sqlite(filename: string, lockLimitMs: number): Database {
    return new Database(
      knex({
        client: SqliteClient as unknown as typeof Knex.Client,
        connection: { filename, lockLimitMs } as Knex.Sqlite3ConnectionConfig,
        useNullAsDefault: true,
        pool: {
          min: 1,
          max: 1,
          afterCreate(connection: { pragma(text: string): unknown }, done: (error: unknown, it: unknown) => void) {
            connection.pragma('busy_timeout = 50'); // for the moments of a checkpoint; writers wait in begin()
            connection.pragma('journal_mode = WAL');
            connection.pragma('synchronous = FULL');
            connection.pragma('foreign_keys = ON');
            done(undefined, connection);
          },
        },
      }),
    );
  }

  async read(sql: string, bindings: readonly Knex.RawBinding[] = []): Promise<Row[]> {
    return rows(await this.#knex.raw(sql, bindings));
  }

  /** One statement as a write of its own, with the rows it returns. */
  execute(sql: string, bindings: readonly Knex.RawBinding[] = []): Promise<Row[]> {
    return this.write((trx) => run(trx, sql, bindings));
  }

  /** Resolves once what `act` did is durable; rejects with what it threw, and then nothing of it has happened. */
  write<T>(act: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({ act, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  /** One transaction of its own, for the schema. */
  alone<T>(act: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.#knex.transaction(act);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#knex.destroy();
  }

  async #drain(): Promise<void> {
    await Promise.resolve(); // what is written in the same tick goes along
    while (this.#jobs.length > 0) await this.#commit(this.#jobs.splice(0, BATCH));
    this.#writing = undefined;
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    const settle: (() => void)[] = [];
    try {
      await this.#knex.transaction(async (trx) => {
        for (const job of jobs) settle.push(await attempt(trx, job, jobs.length > 1));
      });
      for (const tell of settle) tell();
    } catch (error) {
      for (const job of jobs) job.reject(error);
    }
  }
}

/** Alone in its transaction a failing write simply undoes it; among others it undoes itself to its savepoint. */
async function attempt(trx: Knex.Transaction, job: Job, isShared: boolean): Promise<() => void> {
  if (!isShared) {
    const value = await job.act(trx);
    return () => job.resolve(value as never);
  }
  await trx.raw('savepoint one');
  try {
    const value = await job.act(trx);
    await trx.raw('release one');
    return () => job.resolve(value as never);
  } catch (error) {
    await trx.raw('rollback to one');
    await trx.raw('release one');
    return () => job.reject(error);
  }
}

export async function run(
  trx: Knex.Transaction,
  sql: string,
  bindings: readonly Knex.RawBinding[] = [],
): Promise<Row[]> {
  return rows(await trx.raw(sql, bindings));
}

/** Drivers disagree on the shape of raw results: better-sqlite3 gives rows or a summary, pg an object with rows. */
function rows(result: unknown): Row[] {
  if (Array.isArray(result)) return result as Row[];
  const inner = (result as { rows?: unknown } | undefined)?.rows;
  return Array.isArray(inner) ? (inner as Row[]) : [];
}
