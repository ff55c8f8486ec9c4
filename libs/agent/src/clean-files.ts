import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Delete files that nobody has written for so long, and folders that are empty then (R180). A file goes together with the
 * small one beside it that says that it is whole. Never throws; answers with how many files went.
 */
export async function cleanFiles(root: string, olderThanMs: number, nowMs: number): Promise<number> {
  let removed = 0;
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(root, entry.name);
    if (entry.isDirectory()) {
      removed += await cleanFiles(path, olderThanMs, nowMs);
      await rmdir(path).catch(() => {}); // something is left in it
      continue;
    }
    const stat = await lstat(path).catch(() => undefined);
    if (!stat || nowMs - stat.mtimeMs < olderThanMs) continue;
    await rm(`${path}.ok`, { force: true }).catch(() => {});
    await rm(path, { force: true }).then(
      () => removed++,
      () => {},
    );
  }
  return removed;
}
