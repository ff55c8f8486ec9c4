import { ConflictError, PluginError } from '@octo/kernel';
import { refuseForeignFolder } from '@octo/kernel/host';
import { constants, existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { liveHolder, lock } from './lock.ts';

export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly octo?: { readonly contract?: unknown };
  readonly oclif?: object;
}
/** How long a second `plugin add` waits for the first. */
const WAIT_MS = 120_000;

/**
 * Change the plugins in a copy that takes the folder's place as a whole when `act` has succeeded: whatever fails, or is
 * killed, leaves the folder as it was. Copies stand beside the folder, so that relative paths mean the same in both.
 */
export async function change<T>(plugins: string, act: (copy: string) => Promise<T>): Promise<T> {
  const folder = await real(plugins);
  await mkdir(dirname(folder), { recursive: true });
  if (existsSync(folder)) await refuseForeignFolder(folder);
  await using held = await lock(`${folder}.lock`, WAIT_MS);
  await mend(folder);
  await removeLeftovers(folder);
  const copy = `${folder}.next-${process.pid}-${Date.now()}`;
  try {
    await copyFolder(folder, copy);
    const result = await act(copy);
    if (!(await held.stillMine()))
      throw new ConflictError('OCTO_PLUGIN_BUSY', `another process took over the lock of ${folder}`, {
        hint: 'run the command again',
      });
    await swap(copy, folder);
    return result;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/**
 * Put the folder back that a process was just exchanging when it was killed; it stays away for a moment only. Called
 * by each start that finds no folder, so nothing is loaded for it that others do not have already.
 */
export async function mendPlugins(plugins: string): Promise<void> {
  const folder = await real(plugins);
  for (let tries = 0; tries < 50 && !existsSync(folder) && existsSync(old(folder)); tries++) {
    if ((await liveHolder(`${folder}.lock`)) === undefined) return mend(folder);
    await sleep(20); // somebody is between two renames
  }
}

export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const file = join(folder, 'package.json');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Manifest;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new PluginError('OCTO_PLUGIN_BROKEN', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

const old = (folder: string): string => `${folder}.old`;

/** Where a symbolic link points to, so that the target is exchanged and not the link. */
async function real(folder: string): Promise<string> {
  const target = await readlink(folder).catch(() => undefined);
  return target === undefined ? folder : resolve(dirname(folder), target);
}

async function copyFolder(folder: string, copy: string): Promise<void> {
  if (existsSync(folder))
    await cp(folder, copy, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
  await mkdir(copy, { recursive: true });
  const manifest = join(copy, 'package.json');
  if (!existsSync(manifest))
    await writeFile(manifest, `${JSON.stringify({ private: true, dependencies: {} }, null, 2)}\n`);
}

async function swap(copy: string, folder: string): Promise<void> {
  await rm(old(folder), { recursive: true, force: true });
  if (existsSync(folder)) await rename(folder, old(folder));
  await rename(copy, folder);
  await rm(old(folder), { recursive: true, force: true });
}

async function mend(folder: string): Promise<void> {
  try {
    if (!existsSync(folder)) await rename(old(folder), folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // else: there is none yet
  }
}

/** Of processes that were killed. An npm of theirs may still write there, so each has a name of its own. */
async function removeLeftovers(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.next-`;
  for (const name of await readdir(dirname(folder))) {
    if (name.startsWith(prefix) || name === basename(old(folder)))
      await rm(join(dirname(folder), name), { recursive: true, force: true }).catch(() => {});
  }
}
