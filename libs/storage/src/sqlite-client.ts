import Sqlite from 'better-sqlite3';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Binding, type Connection, type Row } from './connection.ts';
import { SQLITE } from './sqlite-dialect.ts';
import { isBusy } from './sqlite-errors.ts';

type Statement = Sqlite.Statement<unknown[], Row>;

/** Statements are few and come again and again: this many are kept prepared. */
const KEPT = 256;
const RETRY_MS = 2;
/** How long SQLite itself waits, on this thread: for the moments in which another process recovers or removes the log. */
export const BUSY_MS = 50;

/**
 * One connection to a file. Transactions take the write lock when they begin, so that of several processes on one folder
 * none fails in the middle because another wrote first. Whatever ends a transaction leaves none open behind it.
 */
export class SqliteConnection implements Connection {
  readonly dialect = SQLITE;
  readonly batch = 256; // a spell ends it earlier where they take long
  readonly hasSavepoints = true;
  readonly #db: Sqlite.Database;
  readonly #lockLimitMs: number;
  readonly #prepared = new Map<string, Statement>();

  constructor(filename: string, pragmas: readonly string[], lockLimitMs: number) {
    this.#lockLimitMs = lockLimitMs;
    this.#db = new Sqlite(filename);
    try {
      for (const pragma of pragmas) this.#db.pragma(pragma);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  query(sql: string, bindings: readonly Binding[] = []): Row[] {
    try {
      const statement = this.#prepare(sql);
      if (statement.reader) return statement.all(bindings);
      statement.run(bindings);
      return [];
    } catch (error) {
      if (error instanceof Error) error.message = `${sql} - ${error.message}`; // without the values
      throw error;
    }
  }

  /**
   * Take the write lock. Whoever holds it, in this process or another, holds it over turns of an event loop, so it is
   * waited for without blocking this one: SQLite's own busy wait would stop the thread, and with it perhaps the holder.
   */
  async begin(): Promise<void> {
    const giveUpMs = performance.now() + this.#lockLimitMs;
    while (!this.#tryBegin()) {
      if (performance.now() >= giveUpMs) return void this.query('begin immediate'); // throws why it cannot
      await sleep(RETRY_MS);
    }
  }

  /** SQLite may leave the transaction of a commit that failed (a full disk) open. */
  commit(): void {
    try {
      this.query('commit');
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** After some failures SQLite has rolled back by itself, and a rollback of nothing would hide the reason. */
  rollback(): void {
    if (this.#db.inTransaction) this.query('rollback');
  }

  /** Never: whoever holds the write lock is not disturbed by another. */
  mayRepeat(): boolean {
    return false;
  }

  close(): void {
    this.#db.close();
  }

  #tryBegin(): boolean {
    this.query('pragma busy_timeout = 0');
    try {
      this.query('begin immediate');
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    } finally {
      this.query(`pragma busy_timeout = ${BUSY_MS}`);
    }
  }

  #prepare(sql: string): Statement {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const statement = this.#db.prepare<unknown[], Row>(sql);
    if (this.#prepared.size >= KEPT) this.#prepared.clear();
    this.#prepared.set(sql, statement);
    return statement;
  }
}
