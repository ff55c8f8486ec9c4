import { ConflictError } from '@octo/kernel';
import { randomBytes, randomUUID } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KEY_BYTES } from './vault.ts';

/**
 * The master key: given (base64), else `master.key` beside the database. Made where there is none, but only while
 * nothing is sealed yet (`mayMake`): a fresh key for a database that has one would only hide that its own is gone.
 */
export async function readMasterKey(dataDir: string, given: string | undefined, mayMake: boolean): Promise<Buffer> {
  if (given !== undefined) return Buffer.from(given, 'base64');
  const file = join(dataDir, 'master.key');
  const found = await readKey(file);
  if (found) return found;
  if (!mayMake)
    throw new ConflictError('OCTO_STORAGE_KEY_MISSING', `there is no ${file}, and the database was made with one`, {
      hint: 'put back the master.key that belongs to this database, or set OCTO_MASTER_KEY',
    });
  await makeKey(file);
  return readMasterKey(dataDir, given, false);
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
    {
      await using handle = await open(draft, 'wx', 0o600);
      await handle.writeFile(`${randomBytes(KEY_BYTES).toString('base64')}\n`);
      await handle.sync();
    }
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
