import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

interface Lock {
  readonly packages?: Record<string, { readonly integrity?: string; readonly link?: boolean } | undefined>;
}

/**
 * What is installed under a name, as one word: the hash that npm's lock holds (`sha512-…`, the same that `npm pack` and
 * the registry print), else a hash of the files (`files-sha512-…`), for a folder that was linked or copied by hand.
 */
export async function integrityOf(name: string, root: string): Promise<string> {
  return (await locked(name, root)) ?? `files-sha512-${await hashFolder(join(root, 'node_modules', name))}`;
}

async function locked(name: string, root: string): Promise<string | undefined> {
  try {
    const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock;
    const entry = lock.packages?.[`node_modules/${name}`];
    return entry?.link ? undefined : entry?.integrity;
  } catch {
    return undefined; // no lock, or one that npm would not read either
  }
}

/** Names and contents, in a stable order; what the package brought below node_modules is npm's matter. */
async function hashFolder(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((e) => e.isFile()).map((e) => relative(folder, join(e.parentPath, e.name)));
  const hash = createHash('sha512');
  for (const file of files.filter((f) => !f.split('/').includes('node_modules')).sort()) {
    const content = createHash('sha512').update(await readFile(join(folder, file)));
    hash.update(`${file}\0${content.digest('base64')}\n`);
  }
  return hash.digest('base64');
}
