import { ConflictError, NotFoundError } from '@octo/kernel';
import { closeSync, existsSync, openSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database } from './database.ts';
import { type News, NO_NEWS } from './news.ts';
import { type NodeHolds } from './node-holds.ts';
import { NodeLocks } from './node-locks.ts';
import { openSqlite } from './sqlite.ts';
import { type StorageOptions } from './storage.ts';

/** The database, and what its processes know of each other. */
export interface Place extends AsyncDisposable {
  readonly db: Database;
  readonly locks: NodeHolds;
  readonly news: News;
}

export async function openPlace(options: StorageOptions): Promise<Place> {
  return options.databaseUrl === undefined ? inFolder(options) : onServer(options, options.databaseUrl);
}

/** The driver is loaded by whoever needs it alone. */
async function onServer({ dataDir, readOnly: isReadOnly = false, postgres }: StorageOptions, url: string) {
  const { openPostgres } = await import('./postgres.ts');
  if (!isReadOnly) await makeFolder(dataDir, async () => {});
  return openPostgres({ ...postgres, url, isReadOnly });
}

async function inFolder({ dataDir, readOnly: isReadOnly = false, lockLimitMs = 10_000 }: StorageOptions) {
  const file = join(dataDir, 'octo.db');
  if (isReadOnly) expectDatabase(file);
  else await makeFolder(dataDir, () => makeFile(file));
  const db = openSqlite(file, { lockLimitMs, isReadOnly });
  const locks = new NodeLocks(join(dataDir, 'nodes'));
  return {
    db,
    locks,
    news: NO_NEWS,
    [Symbol.asyncDispose]: async () => {
      await locks[Symbol.asyncDispose]();
      await db[Symbol.asyncDispose]();
    },
  };
}

function expectDatabase(file: string): void {
  if (existsSync(file)) return;
  throw new NotFoundError('OCTO_STORAGE_ABSENT', `there is no ${file}`, {
    hint: 'name the data folder with --data or OCTO_DATA; octo run makes one',
  });
}

/** SQLite gives the files beside the database its mode, so that it must be right before the first of them is made. */
async function makeFile(file: string): Promise<void> {
  if (existsSync(file)) await chmod(file, 0o600);
  else createEmpty(file);
}

async function makeFolder(dataDir: string, fill: () => Promise<void>): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await fill();
  } catch (cause) {
    throw new ConflictError(
      'OCTO_STORAGE_FOLDER',
      `the data folder ${dataDir} cannot be made: ${(cause as Error).message}`,
      { hint: 'choose another one with --data or OCTO_DATA', cause },
    );
  }
}

/** In one turn: closing the file later could drop locks that SQLite holds on it in this very process (POSIX). */
function createEmpty(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was first
  }
}
