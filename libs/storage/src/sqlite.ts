// All that is SQLite's own and not SQL: how a file is opened.
import { Database } from './database.ts';
import { BUSY_MS, SqliteConnection } from './sqlite-client.ts';
import { explainSqlite } from './sqlite-errors.ts';

export interface SqliteOptions {
  /** Longest wait for another process's write. */
  readonly lockLimitMs: number;
  /** True: whatever would write fails with OCTO_STORAGE_READ_ONLY. */
  readonly isReadOnly: boolean;
}

/** SQLite file: WAL, `synchronous=FULL`: a commit that was answered is on the disk. */
export function openSqlite(filename: string, { lockLimitMs, isReadOnly }: SqliteOptions): Database {
  const pragmas = [
    'busy_timeout = 5000', // while the file is made: processes that open a fresh folder at once wait for each other
    'journal_mode = WAL',
    'synchronous = FULL',
    'wal_autocheckpoint = 250', // pages: a quarter of the default, so that no checkpoint keeps the event loop long
    'foreign_keys = ON',
    'cache_size = -8000', // KiB: four times the default, taken as it is needed
    `query_only = ${isReadOnly ? 'ON' : 'OFF'}`,
    `busy_timeout = ${BUSY_MS}`,
  ];
  try {
    return new Database(new SqliteConnection(filename, pragmas, lockLimitMs), explainSqlite);
  } catch (error) {
    throw explainSqlite(error);
  }
}
