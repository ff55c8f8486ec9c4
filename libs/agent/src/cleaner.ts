import { existsSync, readdirSync, rmSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { folderBytes } from './folder-bytes.ts';

/** Files per folder up to which deleting them at once costs less than the turns of the thread pool. */
const FEW = 32;
/** What has just ended may still be asked for: it is never too much. */
const FRESH_MS = 600_000;

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
  /** The oldest go first until what is left takes no more than this. Default: as much as it likes. */
  readonly keepBytes?: number;
  readonly nowMs: number;
  isInUse(name: string): Promise<boolean>;
  /** True when it is gone. */
  remove(name: string): Promise<boolean>;
}

/** Delete what was left in a folder for longer than that, or takes more than that, and is not in use (R150). */
export async function cleanFolder(
  cleaning: Cleaning,
): Promise<{ readonly removed: readonly string[]; readonly stuck: readonly string[] }> {
  const removed: string[] = [];
  const stuck: string[] = [];
  for (const { name, sinceMs, isTooMuch } of await leftovers(cleaning)) {
    if (!isTooMuch && cleaning.nowMs - sinceMs < cleaning.olderThanMs) continue;
    ((await cleaning.remove(name)) ? removed : stuck).push(name);
  }
  return { removed, stuck };
}

interface Leftover {
  readonly name: string;
  readonly sinceMs: number;
  readonly isTooMuch: boolean;
}

/** What is not in use, the newest first: what comes after the allowed bytes is too much. */
async function leftovers(cleaning: Cleaning): Promise<readonly Leftover[]> {
  const { root, keepBytes, nowMs } = cleaning;
  const found: Leftover[] = [];
  let usedBytes = 0;
  const dated: { name: string; sinceMs: number }[] = [];
  for (const name of await readdir(root).catch(() => [])) {
    const sinceMs = (await stat(join(root, name)).catch(() => undefined))?.mtimeMs;
    if (sinceMs !== undefined) dated.push({ name, sinceMs });
  }
  for (const { name, sinceMs } of dated.toSorted((a, b) => b.sinceMs - a.sinceMs)) {
    if (await cleaning.isInUse(name)) continue;
    if (keepBytes !== undefined) usedBytes += await folderBytes(join(root, name));
    found.push({
      name,
      sinceMs,
      isTooMuch: keepBytes !== undefined && usedBytes > keepBytes && nowMs - sinceMs > FRESH_MS,
    });
  }
  return found;
}
