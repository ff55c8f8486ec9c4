// All that is SQLite's own and not SQL: how a file is opened, and the little that PostgreSQL writes differently.
import knex, { type Knex } from 'knex';
import { Database } from './database.ts';
import { BUSY_MS, SqliteClient } from './sqlite-client.ts';
import { explainSqlite } from './sqlite-errors.ts';

export interface SqliteOptions {
  /** Longest wait for another process's write. */
  readonly lockLimitMs: number;
  /** True: whatever would write fails with OCTO_STORAGE_READ_ONLY. */
  readonly isReadOnly: boolean;
}

/** knex would write to the console what it also throws. */
const SILENT = { warn() {}, error() {}, deprecate() {}, debug() {} };

/** SQLite file: WAL, `synchronous=FULL`: a commit that was answered is on the disk. */
export function openSqlite(filename: string, { lockLimitMs, isReadOnly }: SqliteOptions): Database {
  const pragmas = [
    'busy_timeout = 5000', // while the file is made: processes that open a fresh folder at once wait for each other
    'journal_mode = WAL',
    'synchronous = FULL',
    'wal_autocheckpoint = 250', // pages: a quarter of the default, so that no checkpoint keeps the event loop long
    'foreign_keys = ON',
    `query_only = ${isReadOnly ? 'ON' : 'OFF'}`,
    `busy_timeout = ${BUSY_MS}`,
  ];
  const afterCreate = (
    connection: { pragma(text: string): unknown; close(): unknown },
    done: (error: unknown, connection: unknown) => void,
  ) => {
    try {
      for (const pragma of pragmas) connection.pragma(pragma);
      done(undefined, connection);
    } catch (error) {
      connection.close();
      done(error, connection);
    }
  };
  const db = knex({
    client: SqliteClient as unknown as typeof Knex.Client, // knex types its own clients only
    connection: { filename, lockLimitMs } as Knex.Sqlite3ConnectionConfig, // the client reads it from there
    compileSqlOnError: false, // its messages would carry the values
    useNullAsDefault: true,
    pool: { min: 1, max: 1, afterCreate },
    log: SILENT,
  });
  return new Database(db, explainSqlite);
}

/** Keeps task_tally in step with task: a list says how many there are without counting them. */
export const TALLY_TRIGGERS = [
  `create trigger task_tally_added after insert on task begin
     insert into task_tally (space_id, state, total) values (new.space_id, new.state, 1)
     on conflict (space_id, state) do update set total = total + 1;
   end`,
  `create trigger task_tally_removed after delete on task begin
     update task_tally set total = total - 1 where space_id = old.space_id and state = old.state;
   end`,
  `create trigger task_tally_moved after update of state on task when old.state <> new.state begin
     update task_tally set total = total - 1 where space_id = old.space_id and state = old.state;
     insert into task_tally (space_id, state, total) values (new.space_id, new.state, 1)
     on conflict (space_id, state) do update set total = total + 1;
   end`,
];
