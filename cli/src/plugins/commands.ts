import { PluginError } from '@octo/kernel';
import { Config } from '@oclif/core';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest } from './folder.ts';

/**
 * The plugins of a folder that bring commands: packages with an "octo" and an "oclif" key (house.md 3.4).
 * Each start asks, so this imports nothing; of a folder that belongs to somebody else nothing is taken.
 */
export function commandPlugins(folder: string): string[] {
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || (process.getuid && owner !== process.getuid())) return [];
  const names = Object.keys(manifestAt(folder)?.dependencies ?? {});
  return names.filter((name) => {
    const manifest = manifestAt(join(folder, 'node_modules', name));
    return manifest?.octo !== undefined && manifest.oclif !== undefined;
  });
}

/** Ids of the commands that each plugin of the folder brings, by the plugin's name. Runs their code. */
export async function commandsOf(folder: string, root: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const core = commandPlugins(folder);
  if (core.length === 0) return new Map();
  const config = await Config.load({ root, devPlugins: false, pluginAdditions: { core, path: folder } });
  return new Map([...config.plugins.values()].map((p) => [p.name, p.commands.map((c) => c.id)]));
}

/**
 * Write down what commands a new plugin has, unless its author did: else each start of octo would import them all to
 * see that, and one that hangs would hold up every command.
 */
export async function writeCommandManifest(name: string, folder: string, root: string): Promise<void> {
  const file = join(folder, 'node_modules', name, 'oclif.manifest.json');
  if (!commandPlugins(folder).includes(name) || existsSync(file)) return;
  const config = await Config.load({ root, devPlugins: false, pluginAdditions: { core: [name], path: folder } });
  const { manifest } = config.plugins.get(name) as unknown as { readonly manifest: object }; // its type hides it
  writeFileSync(file, JSON.stringify(manifest));
}

/** A command that somebody else already brings. oclif itself would silently take one of them. */
export function refuseCommandClash(name: string, all: ReadonlyMap<string, readonly string[]>): void {
  const mine = new Set(all.get(name));
  for (const [other, ids] of all) {
    const both = other === name ? undefined : ids.find((id) => mine.has(id));
    if (both !== undefined)
      throw new PluginError('OCTO_PLUGIN_CLASH', `the command octo ${both} comes from ${other} and from ${name}`, {
        hint: 'remove one of the two',
      });
  }
}

/** What cannot be read brings no commands; the loader of plugins says what is wrong with it. */
function manifestAt(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}
