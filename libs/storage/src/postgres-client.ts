import { OctoError } from '@octo/kernel';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientConfig, Pool } from 'pg';
import { type Binding, type Connection, type Row } from './connection.ts';
import { POSTGRES } from './postgres-dialect.ts';
import { commitUnknown, isGone, isInTheWay, unreachable } from './postgres-errors.ts';
import { ask, Line } from './postgres-line.ts';

/** A server that restarts is back within seconds: so often is it tried meanwhile. */
const RETRY_MS = { first: 25, most: 1_000 };
/** Who writes so soon after it was found unreachable is told so at once, and does not wait in a queue for it. */
const SAME_NEWS_MS = 1_000;
const IDLE_MS = 30_000;

export interface PoolOptions {
  readonly config: ClientConfig;
  /** Most connections for reading. */
  readonly connections: number;
  /** Longest that a database which is away is waited for. */
  readonly awayLimitMs: number;
}

/**
 * A pool for reading and one connection for writing. One, because then writes happen in the order in which they were
 * asked for, as on SQLite, and those that wait share a commit; what one process writes is little for a connection.
 * A connection that is lost is replaced; what was under way on it is done again where that is safe.
 */
export class PostgresConnection implements Connection {
  readonly dialect = POSTGRES;
  /** All that they touch is kept from other processes until they are committed together. */
  readonly batch = 64;
  readonly hasSavepoints = false;
  readonly #options: PoolOptions;
  readonly #pool: Pool;
  readonly #closing = new AbortController();
  #writer: Line | undefined;
  #away: { readonly untilMs: number; readonly error: OctoError } | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#pool = new Pool({ ...options.config, max: options.connections, idleTimeoutMillis: IDLE_MS });
    this.#pool.on('error', () => {}); // an idle one was lost; the pool has removed it already
  }

  read(sql: string, bindings: readonly Binding[]): Promise<Row[]> {
    return this.#patiently(async () => (await ask(this.#pool, sql, bindings)).rows);
  }

  async query(sql: string, bindings: readonly Binding[] = []): Promise<Row[]> {
    const writer = this.#expectWriter();
    try {
      return (await ask(writer, sql, bindings)).rows;
    } catch (error) {
      if (isGone(error)) this.#drop(writer); // also one that only does not answer: nothing more is asked of it
      throw error;
    }
  }

  async begin(): Promise<void> {
    if (this.#away && performance.now() < this.#away.untilMs) throw this.#away.error;
    try {
      await this.#patiently(() => this.#tryBegin());
      this.#away = undefined;
    } catch (error) {
      if (OctoError.is(error)) this.#away = { untilMs: performance.now() + SAME_NEWS_MS, error };
      throw error;
    }
  }

  /** PostgreSQL answers the commit of a transaction in which something failed with a rollback, and no error. */
  async commit(): Promise<void> {
    const writer = this.#expectWriter();
    try {
      const { command } = await ask(writer, 'commit');
      if (command !== 'COMMIT') throw new Error('a transaction was committed in which a statement had failed');
    } catch (error) {
      if (!isGone(error)) throw error;
      this.#drop(writer);
      throw commitUnknown(error);
    }
  }

  /** What cannot be rolled back goes with its connection. */
  async rollback(): Promise<void> {
    const writer = this.#writer;
    if (!writer) return;
    await ask(writer, 'rollback').catch(() => this.#drop(writer));
  }

  mayRepeat(error: unknown): boolean {
    return isInTheWay(error) || isGone(error);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const writer = this.#writer;
    this.#writer = undefined;
    await Promise.all([this.#pool.end(), writer?.close()]);
  }

  async #tryBegin(): Promise<void> {
    this.#writer ??= await Line.open(this.#options.config, (line) => this.#drop(line));
    const writer = this.#writer;
    try {
      await ask(writer, 'begin');
    } catch (error) {
      this.#drop(writer);
      throw error;
    }
  }

  #expectWriter(): Line {
    if (this.#writer) return this.#writer;
    throw Object.assign(new Error('the connection was lost'), { code: '08006' });
  }

  #drop(line: Line): void {
    if (this.#writer === line) this.#writer = undefined;
    line.cut();
  }

  /** Again and again while the database is away, until the limit is over. */
  async #patiently<T>(act: () => Promise<T>): Promise<T> {
    const giveUpMs = performance.now() + this.#options.awayLimitMs;
    for (let waitMs = RETRY_MS.first; ; waitMs = Math.min(2 * waitMs, RETRY_MS.most)) {
      try {
        return await act();
      } catch (error) {
        if (!isGone(error)) throw error;
        if (performance.now() + waitMs >= giveUpMs || this.#closing.signal.aborted) throw unreachable(error);
        await sleep(waitMs, undefined, { signal: this.#closing.signal }).catch(() => {});
      }
    }
  }
}
