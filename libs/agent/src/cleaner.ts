import { existsSync, readdirSync, rmSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Files per folder up to which deleting them at once costs less than the turns of the thread pool. */
const FEW = 32;

/** Delete a workspace: three tries. False when it is still there; that never fails a script (R150). */
export async function removeFolder(dir: string): Promise<boolean> {
  try {
    if (isSmall(dir, 2)) rmSync(dir, { recursive: true, force: true });
    else await rm(dir, { recursive: true, force: true });
    return true;
  } catch {
    const retries = rm(dir, { recursive: true, force: true, maxRetries: 1, retryDelay: 50 });
    return retries.then(
      () => true,
      () => false,
    );
  }
}

/** A script may leave any number of files: only a small folder is worth blocking the event loop for. */
function isSmall(dir: string, levels: number): boolean {
  if (!existsSync(dir)) return true;
  const entries = readdirSync(dir, { withFileTypes: true });
  if (entries.length > FEW || levels === 0) return entries.length === 0;
  return entries.every((entry) => !entry.isDirectory() || isSmall(join(dir, entry.name), levels - 1));
}

export interface Cleaning {
  readonly root: string;
  readonly olderThanMs: number;
  readonly nowMs: number;
  isInUse(name: string): Promise<boolean>;
  /** True when it is gone. */
  remove(name: string): Promise<boolean>;
}

/** Delete what was left in a folder for longer than that and is not in use (R150). */
export async function cleanFolder(
  cleaning: Cleaning,
): Promise<{ readonly removed: readonly string[]; readonly stuck: readonly string[] }> {
  const removed: string[] = [];
  const stuck: string[] = [];
  for (const name of await readdir(cleaning.root).catch(() => [])) {
    const at = (await stat(join(cleaning.root, name)).catch(() => undefined))?.mtimeMs;
    if (at === undefined || cleaning.nowMs - at < cleaning.olderThanMs || (await cleaning.isInUse(name))) continue;
    ((await cleaning.remove(name)) ? removed : stuck).push(name);
  }
  return { removed, stuck };
}
