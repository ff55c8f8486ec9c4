import { InputError, PluginError } from '@octo/kernel';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { readManifest } from './folder.ts';
import { npm } from './npm.ts';

/** Tarballs that plugins came from are kept, so that npm can build the folder again when the original is gone. */
const PACKAGES = 'packages';

/**
 * What npm is told to install in `copy`. A folder is packed and a tarball copied, each named by its content: what is
 * installed never changes under a plugin, and no path of this machine is written down. All else is npm's to understand.
 */
export async function source(spec: string, copy: string): Promise<string> {
  if (!isPath(spec)) return spec;
  const path = resolve(spec.replace(/^file:/, ''));
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new InputError('OCTO_PLUGIN_SOURCE', `there is no file or folder ${path}`);
  return found.isDirectory() ? pack(path, copy) : keep(path, copy);
}

export function isPath(spec: string): boolean {
  return /^(file:|\.{0,2}\/|\.{1,2}$|~\/)/.test(spec) || /\.(tgz|tar\.gz|tar)$/.test(spec.replace(/^https?:.*/, ''));
}

/** Copy a tarball to its kept place. */
export async function keep(tarball: string, copy: string): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(tarball))
    .digest('hex')
    .slice(0, 8);
  const name = basename(tarball).replace(/\.(tgz|tar\.gz|tar)$/, '');
  const kept = `./${PACKAGES}/${name}-${hash}.tgz`;
  await mkdir(join(copy, PACKAGES), { recursive: true });
  await copyFile(tarball, join(copy, kept));
  return kept;
}

async function pack(folder: string, copy: string): Promise<string> {
  const manifest = await readManifest(folder);
  if (!manifest?.name || !manifest.version)
    throw new PluginError('OCTO_PLUGIN_NONE', `${folder} is no package: its package.json needs a name and a version`);
  if (!manifest.octo) throw noPlugin(manifest.name);
  const into = join(copy, PACKAGES);
  await mkdir(into, { recursive: true });
  const name = (await npm(['pack', '--pack-destination', into], folder)).trim().split('\n').at(-1) ?? '';
  const packed = join(into, name);
  const kept = await keep(packed, copy);
  await rename(packed, join(copy, kept)); // the same content under its kept name
  return kept;
}

export function noPlugin(name: string): PluginError {
  return new PluginError('OCTO_PLUGIN_NONE', `${name} is no plugin: its package.json has no "octo" key`, {
    hint: 'write "octo": { "contract": 1 } into it if it is yours (docs/plugins.md)',
  });
}

/** Tarballs that no line of package.json names any more. */
export async function dropUnused(copy: string): Promise<void> {
  const lines = Object.values((await readManifest(copy))?.dependencies ?? {});
  const files = await readdir(join(copy, PACKAGES)).catch(() => []); // made by hand: there is no such folder
  for (const file of files) {
    if (!lines.some((line) => line.endsWith(`${PACKAGES}/${file}`))) await rm(join(copy, PACKAGES, file));
  }
}

/** Made by the build: @octo/kernel without what only hosts need, so that plugins work though it is not published. */
export function kernelTarball(root: string): string {
  return join(root, 'dist', 'octo-kernel.tgz');
}
