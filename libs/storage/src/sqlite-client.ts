import { type Knex } from 'knex';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { isBusy } from './sqlite-errors.ts';

interface Statement {
  readonly reader: boolean;
  all(bindings: readonly unknown[]): unknown[];
  run(bindings: readonly unknown[]): { readonly lastInsertRowid: number | bigint; readonly changes: number };
}
interface Connection {
  readonly inTransaction: boolean;
  prepare(sql: string): Statement;
}
interface Query {
  sql: string;
  readonly bindings?: readonly unknown[];
  response?: unknown;
  context?: unknown;
}
interface Base {
  new (config: Knex.Config): {
    readonly config: { readonly connection: { readonly lockLimitMs: number } };
    _formatBindings(bindings: readonly unknown[] | undefined): unknown[];
  };
}

// knex publishes its dialects as CommonJS without types; a custom client class is its documented way to change one.
const BetterSqlite = createRequire(import.meta.url)('knex/lib/dialects/better-sqlite3') as Base;

/** Statements are few and come again and again: this many are kept prepared per connection. */
const KEPT = 256;
const RETRY_MS = 2;
/** How long SQLite itself waits, on this thread: for the moments in which another process recovers or removes the log. */
export const BUSY_MS = 50;

/** By connection, and not a private field: knex makes the client of a transaction without calling a constructor. */
const prepared = new WeakMap<Connection, Map<string, Statement>>();

/**
 * knex's better-sqlite3 dialect with three changes. Transactions take the write lock when they begin, so that of several
 * processes on one folder none fails in the middle because another wrote first. Whatever ends a transaction leaves none
 * open behind it. And statements stay prepared.
 */
export class SqliteClient extends BetterSqlite {
  async _query(connection: Connection, query: Query): Promise<Query> {
    switch (query.sql) {
      case 'BEGIN;':
        await begin(connection, this.config.connection.lockLimitMs);
        return query;
      case 'COMMIT;':
        commit(connection);
        return query;
      case 'ROLLBACK':
        rollback(connection);
        return query;
    }
    const statement = prepare(connection, query.sql);
    const bindings = this._formatBindings(query.bindings);
    if (statement.reader) {
      query.response = statement.all(bindings);
    } else {
      const done = statement.run(bindings);
      query.response = done;
      query.context = { lastID: done.lastInsertRowid, changes: done.changes };
    }
    return query;
  }
}

/**
 * Take the write lock. Whoever holds it, in this process or another, holds it over turns of an event loop, so it is
 * waited for without blocking this one: SQLite's own busy wait would stop the thread, and with it perhaps the holder.
 */
async function begin(connection: Connection, limitMs: number): Promise<void> {
  const giveUpMs = performance.now() + limitMs;
  while (!tryBegin(connection)) {
    if (performance.now() >= giveUpMs) return void prepare(connection, 'BEGIN IMMEDIATE').run([]); // throws why it cannot
    await sleep(RETRY_MS);
  }
}

function tryBegin(connection: Connection): boolean {
  waitForLocks(connection, 0);
  try {
    prepare(connection, 'BEGIN IMMEDIATE').run([]);
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  } finally {
    waitForLocks(connection, BUSY_MS);
  }
}

function waitForLocks(connection: Connection, limitMs: number): void {
  prepare(connection, `PRAGMA busy_timeout = ${limitMs}`).all([]);
}

/** knex takes a commit that failed (a full disk) for the end; SQLite may leave its transaction open. */
function commit(connection: Connection): void {
  try {
    prepare(connection, 'COMMIT').run([]);
  } catch (error) {
    rollback(connection);
    throw error;
  }
}

/** After some failures SQLite has rolled back by itself, and a rollback of nothing would hide the reason. */
function rollback(connection: Connection): void {
  if (connection.inTransaction) prepare(connection, 'ROLLBACK').run([]);
}

function prepare(connection: Connection, sql: string): Statement {
  const kept = prepared.get(connection) ?? new Map<string, Statement>();
  prepared.set(connection, kept);
  const known = kept.get(sql);
  if (known) return known;
  const statement = connection.prepare(sql);
  if (kept.size >= KEPT) kept.clear();
  kept.set(sql, statement);
  return statement;
}
