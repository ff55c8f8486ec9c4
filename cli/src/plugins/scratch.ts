import { mkdtemp, readdir, lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lives } from './lock.ts';

const NAME = /^octo-load-(\d+)-/;
/** Containers may share a temporary folder and not see each other's processes; no test load takes so long. */
const LEAST_AGE_MS = 3_600_000;

/** A folder for what a test load writes. Its name has our process id, so that who comes later sees whether we live. */
export function makeScratch(temporary: string): Promise<string> {
  return mkdtemp(join(temporary, `octo-load-${process.pid}-`));
}

/**
 * Remove what killed processes of this user left behind. A process id that another program has by now keeps its folder
 * until that one ends, too. Never fails: what cannot be removed is left to the next one.
 */
export async function sweepScratch(temporary: string): Promise<void> {
  for (const name of await readdir(temporary).catch(() => [])) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (!(pid > 0) || lives(pid)) continue;
    const folder = join(temporary, name);
    if (await isLeft(folder)) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** A folder of this user, and no link to one, in which nothing was made or removed for a while. */
async function isLeft(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  const uid = process.getuid?.() ?? found?.uid; // Windows has none; there the temporary folder is the user's own
  return found?.isDirectory() === true && found.uid === uid && Date.now() - found.mtimeMs > LEAST_AGE_MS;
}
