import { PluginError } from '@octo/kernel';
import { join } from 'node:path';
import { type Description } from './description.ts';
import { change, readManifest } from './folder.ts';
import { loadOnce } from './load-once.ts';
import { npm } from './npm.ts';
import { dropUnused, keep, kernelTarball, noPlugin, source } from './source.ts';

export interface Adding {
  /** `./folder`, `./file.tgz` or what npm understands: `name@version`. */
  readonly spec: string;
  /** `$OCTO_HOME/plugins` */
  readonly folder: string;
  /** Where octo itself is installed: it brings the @octo/kernel that plugins ask for. */
  readonly root: string;
  readonly loadLimitMs: number;
  /** Told what is being done, for a person who waits. */
  readonly progress: (doing: string) => void;
}
export interface Added {
  readonly plugin: Description;
  /** Version that stood there before; undefined for a new plugin. */
  readonly before: string | undefined;
}
type Lines = Readonly<Record<string, string>>;
const KERNEL = '@octo/kernel';

/** Install a plugin and load it once; unless all of that works, everything stays as it was. */
export async function addPlugin(adding: Adding): Promise<Added> {
  await readManifest(adding.folder); // one that cannot be read is named by its own path, not by the copy's
  const added = await change(adding.folder, (copy) => install(adding, copy));
  return { ...added, plugin: { ...added.plugin, root: adding.folder } };
}

async function install({ spec, folder, root, loadLimitMs, progress }: Adding, copy: string): Promise<Added> {
  const before = (await readManifest(copy))?.dependencies ?? {};
  progress(`fetching ${spec}`);
  const kernel = await keep(kernelTarball(root), copy);
  const wanted = await source(spec, copy);
  progress('installing with npm; its scripts do not run');
  await npm(['install', '--prefix', copy, '--omit=dev', '--save-exact', `${KERNEL}@file:${kernel}`, wanted], copy);
  const name = added(before, (await readManifest(copy))?.dependencies ?? {}, wanted);
  const manifest = await readManifest(join(copy, 'node_modules', name));
  if (!manifest?.octo) throw noPlugin(name);
  await dropUnused(copy);
  progress(`loading ${name} once`);
  return {
    plugin: await loadOnce(name, { copy, folder, limitMs: loadLimitMs }),
    before: await versionOf(name, folder),
  };
}

/** npm wrote the line; which one, it does not tell. A line that is the same as before is known by what was asked for. */
function added(before: Lines, now: Lines, wanted: string): string {
  const names = Object.keys(now).filter((name) => name !== KERNEL);
  const isAsked = (name: string) =>
    wanted === name || wanted.startsWith(`${name}@`) || now[name] === `file:${wanted.replace('./', '')}`;
  const name = names.find((n) => before[n] !== now[n]) ?? names.find(isAsked);
  if (name !== undefined) return name;
  throw new PluginError('OCTO_PLUGIN_NONE', `npm installed ${wanted}, but it is not a package that can be listed`);
}

async function versionOf(name: string, folder: string): Promise<string | undefined> {
  return (await readManifest(join(folder, 'node_modules', name)))?.version;
}
