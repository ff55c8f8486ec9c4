import { ConflictError, InputError, NotFoundError } from '@octo/kernel';
import Sqlite from 'better-sqlite3';
import { constants, existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { explainSqlite } from './sqlite-errors.ts';

const DATABASE = 'octo.db';
const KEY = 'master.key';
const ARTIFACTS = 'artifacts';

export interface BackupOptions {
  readonly dataDir: string;
  /** Folder of the backup. */
  readonly folder: string;
  /** With it the backup can be read by whoever gets it; without it nobody restores it who has not kept the key. */
  readonly withKey: boolean;
}

/**
 * Copy an installation on SQLite into a new folder, while others work on it: the database as it is at one moment, then the
 * artifacts, which are always there before their rows. What comes out is a data folder itself, `octo.db` last of all.
 */
export async function backUp({ dataDir, folder, withKey }: BackupOptions): Promise<void> {
  const file = join(dataDir, DATABASE);
  if (!existsSync(file))
    throw new NotFoundError('OCTO_STORAGE_ABSENT', `there is no ${file}`, {
      hint: 'name the data folder with --data or OCTO_DATA; a PostgreSQL is backed up by pg_dump, and the folder by any copy',
    });
  await makeNew(folder);
  const part = join(folder, `${DATABASE}.part`);
  snapshot(file, part);
  await copyArtifacts(dataDir, folder);
  if (withKey) await copyFile(join(dataDir, KEY), join(folder, KEY));
  await finish(part, join(folder, DATABASE));
}

/** The other way round, into a data folder in which there is no database yet. */
export async function restore({ dataDir, folder }: Omit<BackupOptions, 'withKey'>): Promise<void> {
  const file = join(folder, DATABASE);
  if (!existsSync(file))
    throw new NotFoundError('OCTO_STORAGE_ABSENT', `there is no ${file}: this is no backup, or not a whole one`, {
      hint: 'name the folder that octo server backup has made',
    });
  if (existsSync(join(dataDir, DATABASE)))
    throw new ConflictError('OCTO_STORAGE_NOT_EMPTY', `there is a database in ${dataDir} already`, {
      hint: 'restore into a new folder with --data, or move the old one away',
    });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const part = join(dataDir, `${DATABASE}.part`);
  await rm(part, { force: true });
  snapshot(file, part);
  await copyArtifacts(folder, dataDir);
  if (existsSync(join(folder, KEY)) && !existsSync(join(dataDir, KEY)))
    await copyFile(join(folder, KEY), join(dataDir, KEY), constants.COPYFILE_EXCL);
  await finish(part, join(dataDir, DATABASE));
}

async function makeNew(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (cause) {
    throw new InputError('OCTO_STORAGE_FOLDER', `the folder ${folder} cannot be made: ${(cause as Error).message}`, {
      hint: 'name one that does not exist yet, below one that does',
      cause,
    });
  }
}

/** In one read transaction: writers go on, and what they write meanwhile neither disturbs it nor gets into it. */
function snapshot(from: string, to: string): void {
  const db = new Sqlite(from);
  try {
    db.prepare('vacuum into ?').run(to);
  } catch (error) {
    throw explainSqlite(error);
  } finally {
    db.close();
  }
}

async function copyArtifacts(from: string, to: string): Promise<void> {
  if (!existsSync(join(from, ARTIFACTS))) return;
  const filter = (file: string) => !basename(file).endsWith('.part'); // still under way
  await cp(join(from, ARTIFACTS), join(to, ARTIFACTS), { recursive: true, filter, mode: constants.COPYFILE_FICLONE });
}

/** On the disk when it gets its name. */
async function finish(part: string, file: string): Promise<void> {
  await chmod(part, 0o600);
  await sync(part);
  await rename(part, file);
}

async function sync(file: string): Promise<void> {
  await using handle = await open(file, 'r+');
  await handle.sync();
}
