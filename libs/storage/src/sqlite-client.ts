import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictError } from '@octo/kernel';
import { type Knex } from 'knex';

interface Statement {
  readonly reader: boolean;
  all(bindings: readonly unknown[]): unknown[];
  run(bindings: readonly unknown[]): { readonly lastInsertRowid: number | bigint; readonly changes: number };
}
interface Connection {
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

/** By connection, and not a private field: knex makes the client of a transaction without calling a constructor. */
const prepared = new WeakMap<Connection, Map<string, Statement>>();

/**
 * knex's better-sqlite3 dialect with two changes. Transactions take the write lock when they begin, so that of several
 * processes on one folder none fails in the middle because another wrote first. And statements stay prepared.
 */
export class SqliteClient extends BetterSqlite {
  async _query(connection: Connection, query: Query): Promise<Query> {
    if (query.sql === 'BEGIN;') {
      await begin(connection, this.config.connection.lockLimitMs);
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
  const statement = prepare(connection, 'BEGIN IMMEDIATE;');
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      statement.run([]);
      return;
    } catch (error) {
      const isBusy = (error as { code?: string }).code?.startsWith('SQLITE_BUSY') === true;
      if (!isBusy) throw error;
      if (waitedMs >= limitMs)
        throw new ConflictError('OCTO_STORAGE_BUSY', `another process has been writing for ${limitMs / 1000} s`, {
          hint: 'look which process works on this data folder, and whether it hangs',
          cause: error,
        });
    }
    await sleep(RETRY_MS);
  }
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
