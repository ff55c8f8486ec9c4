import { rmSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Delete a workspace: three tries, and a failure never fails a script (R150). */
export async function removeWorkspace(dir: string): Promise<void> {
  try {
    rmSync(dir, { recursive: true, force: true }); // a dozen small files: quicker than a dozen turns of the thread pool
  } catch {
    await rm(dir, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 }).catch(() => {});
  }
}

/** Delete what was left in `root` for longer than `olderThanMs` and is not in use; answers with how many (R150). */
export async function cleanFolders(
  root: string,
  olderThanMs: number,
  nowMs: number,
  isInUse: (name: string) => Promise<boolean>,
): Promise<number> {
  let removed = 0;
  for (const name of await readdir(root).catch(() => [])) {
    const dir = join(root, name);
    const at = (await stat(dir).catch(() => undefined))?.mtimeMs;
    if (at === undefined || nowMs - at < olderThanMs || (await isInUse(name))) continue;
    await removeWorkspace(dir);
    removed++;
  }
  return removed;
}
