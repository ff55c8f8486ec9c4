import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** What a folder takes on the disk, holes not counted. What vanishes meanwhile counts nothing. */
export async function folderBytes(dir: string, signal?: AbortSignal): Promise<number> {
  let bytes = 0;
  const entries = await opendir(dir).catch(() => undefined);
  if (!entries) return 0;
  for await (const entry of entries) {
    signal?.throwIfAborted();
    const path = join(dir, entry.name);
    const stat = await lstat(path).catch(() => undefined);
    bytes += (stat?.blocks ?? 0) * 512;
    if (entry.isDirectory()) bytes += await folderBytes(path, signal);
  }
  return bytes;
}
