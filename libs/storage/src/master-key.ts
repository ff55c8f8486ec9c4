import { ConflictError } from '@octo/kernel';
import { randomBytes, randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KEY_BYTES } from './vault.ts';

const fileOf = (dataDir: string) => join(dataDir, 'master.key');
const nextOf = (dataDir: string) => join(dataDir, 'master.key.next');

/**
 * The master key: given (base64), else `master.key` beside the database. Made where there is none, but only while
 * nothing is sealed yet (`mayMake`): a fresh key for a database that has one would only hide that its own is gone.
 * Where a rotation died right behind its commit, the key that it left as `master.key.next` is the one that `fits`.
 */
export async function readMasterKey(
  dataDir: string,
  given: string | undefined,
  wanted: { readonly mayMake: boolean; readonly fits: (key: Buffer) => boolean },
): Promise<Buffer> {
  if (given !== undefined) return Buffer.from(given, 'base64');
  const file = fileOf(dataDir);
  const found = await readKey(file);
  if (found && isWhole(found) && wanted.fits(found)) return found;
  const next = await readKey(nextOf(dataDir));
  if (next && isWhole(next) && wanted.fits(next)) {
    await keepNextKey(dataDir);
    return next;
  }
  if (found) return found; // whoever opens something with it says that it is the wrong one
  if (!wanted.mayMake)
    throw new ConflictError('OCTO_STORAGE_KEY_MISSING', `there is no ${file}, and the database was made with one`, {
      hint: 'put back the master.key that belongs to this database, or set OCTO_MASTER_KEY',
    });
  await makeKey(file);
  return readMasterKey(dataDir, given, { ...wanted, mayMake: false });
}

/** A fresh key, on the disk before anything is sealed with it. */
export async function makeNextKey(dataDir: string): Promise<Buffer> {
  const key = randomBytes(KEY_BYTES);
  await rm(nextOf(dataDir), { force: true }); // of a rotation that died before its commit
  await writeKey(nextOf(dataDir), key);
  return key;
}
export async function keepNextKey(dataDir: string): Promise<void> {
  await rename(nextOf(dataDir), fileOf(dataDir)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error; // another process has done it
  });
}
export async function dropNextKey(dataDir: string): Promise<void> {
  await rm(nextOf(dataDir), { force: true });
}

function isWhole(key: Buffer): boolean {
  return key.length === KEY_BYTES;
}

async function readKey(file: string): Promise<Buffer | undefined> {
  try {
    return Buffer.from(await readFile(file, 'utf8'), 'base64');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The file gets its name once it is whole. Of several processes that make one at once the first wins for all. */
async function makeKey(file: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeKey(draft, randomBytes(KEY_BYTES));
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeKey(file: string, key: Buffer): Promise<void> {
  await using handle = await open(file, 'wx', 0o600);
  await handle.writeFile(`${key.toString('base64')}\n`);
  await handle.sync();
}
