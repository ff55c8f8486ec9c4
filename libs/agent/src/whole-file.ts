import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A name of its own: processes that share a folder may write the same file at once, and each renames what it wrote. */
const draftOf = (file: string) => `${file}.${randomBytes(6).toString('hex')}.part`;

/** Write a small file whole or not at all, and on the disk before it is answered. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const part = draftOf(file);
  const handle = await open(part, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  renameSync(part, file);
}

/** The same for what a loss of power may take: quicker, and done when it returns. */
export function writeQuickly(file: string, text: string): void {
  const part = draftOf(file);
  writeFileSync(part, text, { mode: 0o600 });
  renameSync(part, file);
}

/** Write a file into a folder that nobody else knows yet: it and its name are on the disk before it is answered. */
export async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await Promise.all([handle.sync(), syncFolder(dirname(file))]); // one commit of the journal serves both
  } finally {
    await handle.close();
  }
}

/** Make the names in a folder durable. */
export async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** False when the file is there already: whoever makes it first has it (O_EXCL). */
export function makeOnce(file: string, text: string): boolean {
  try {
    const fd = openSync(file, 'wx', 0o600);
    writeSync(fd, text);
    closeSync(fd);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
