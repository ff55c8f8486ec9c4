import { OctoError, PluginError } from '@octo/kernel';
import { type LoadedPlugin, type Refused } from '@octo/kernel/host';
import { commandsOf, refuseCommandClash, writeCommandManifest } from './commands.ts';
import { describe, type Description } from './description.ts';

export interface Loaded {
  readonly plugins: readonly Description[];
  readonly refused: readonly Refused[];
}

/** All plugins as a server would load them, described. Runs their code in this process. */
export async function loadAll(folder: string, root: string): Promise<Loaded> {
  const { lookAtPlugins } = await import('@octo/server/look');
  const { plugins, refused } = await lookAtPlugins(folder);
  const commands = await commandsOf(folder, root);
  const described = plugins.map(async (p) => describe(p, await more(p, folder, commands)));
  return { plugins: await Promise.all(described), refused };
}

/**
 * One plugin that is to be installed, in a copy of the folder. It must load beside all the others and push none of them
 * out: in a clash the later name loses, which need not be the newer plugin. Its commands must be nobody else's.
 */
export async function probe(
  name: string,
  { copy, folder, root }: { readonly copy: string; readonly folder: string; readonly root: string },
): Promise<Description> {
  const { plugins, refused } = await loadAll(copy, root);
  const own = refused.find((r) => r.name === name || r.name === copy);
  if (own) throw own.error;
  const others = refused.filter((r) => r.name !== name);
  const before = others.length > 0 ? (await loadAll(folder, root)).refused.map((r) => r.name) : [];
  const pushedOut = others.find((r) => !before.includes(r.name));
  if (pushedOut) throw pushedOut.error;
  const found = plugins.find((p) => p.name === name);
  if (!found) throw new PluginError('OCTO_PLUGIN_MISSING', `${name} is not among the plugins of ${copy}`);
  refuseCommandClash(name, await commandsOf(copy, root));
  await writeCommandManifest(name, copy, root);
  return found;
}

async function more(p: LoadedPlugin, folder: string, commands: ReadonlyMap<string, readonly string[]>) {
  const { integrityOf } = await import('@octo/kernel/host');
  const isOutside = p.root === folder;
  const integrity = isOutside ? await integrityOf(p.plugin.name, folder) : null;
  return { integrity, commands: (isOutside && commands.get(p.plugin.name)) || [] };
}

/** For the process that waits for the probe: plain data, and nothing but the three parts that it shows. */
export function refusal(cause: unknown, name: string) {
  const error = OctoError.is(cause)
    ? cause
    : new PluginError(
        'OCTO_PLUGIN_BROKEN',
        `${name} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
  return { refused: { code: error.code, message: error.message, hint: error.hint } };
}
