import { readFile } from 'node:fs/promises';
import { createRequire, findPackageJSON } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { OctoError, PluginError } from '../errors.ts';
import { CONTRACT, type Plugin } from '../plugin.ts';
import { isPlugin } from './shape.ts';
import { type Outside, refuseForeignFolder, refuseUnlisted } from './trust.ts';

export interface LoadedPlugin {
  readonly plugin: Plugin;
  readonly version: string;
  /** Folder whose package.json switched the plugin on. */
  readonly root: string;
}
/** Plugins that a bundle holds inside of itself: listed like those of a folder, loaded from the bundle. */
export interface Carried {
  readonly root: string;
  readonly plugins: readonly { readonly version: string; readonly plugin: Plugin }[];
}
/** A plugin that stays out, and why. The rest works without it. */
export interface Refused {
  readonly name: string;
  readonly root: string;
  readonly error: OctoError;
}
interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Record<string, string>;
  readonly octo?: { readonly contract?: unknown };
}

/**
 * Load the plugins among the dependencies of each root's package.json: those whose own package.json has an "octo" key.
 * A root may also be what a bundle carries, or a folder of the user, whose owner and `allow` are looked at first.
 * Nothing scans node_modules. A plugin that throws, lies about itself or clashes with an earlier one is refused by name
 * and the others load; in a clash the later root loses.
 */
export async function loadPlugins(
  roots: readonly (string | Carried | Outside)[],
): Promise<{ readonly plugins: readonly LoadedPlugin[]; readonly refused: readonly Refused[] }> {
  const plugins: LoadedPlugin[] = [];
  const refused: Refused[] = [];
  for (const root of roots) {
    if (typeof root !== 'string' && 'plugins' in root) {
      plugins.push(...root.plugins.map((carried) => ({ ...carried, root: root.root })));
      continue;
    }
    const from = typeof root === 'string' ? { folder: root } : { ...root, outside: true };
    await loadFolder(from, plugins, refused);
  }
  return { plugins, refused };
}

async function loadFolder(
  from: Outside & { readonly outside?: boolean },
  plugins: LoadedPlugin[],
  refused: Refused[],
): Promise<void> {
  const root = from.folder;
  const listed = await names(root, refused);
  try {
    if (from.outside && listed.length > 0) await refuseForeignFolder(root);
  } catch (cause) {
    refused.push({ name: root, root, error: OctoError.is(cause) ? cause : broken(root, cause) });
    return;
  }
  for (const name of listed) {
    try {
      const found = await load(name, from);
      if (!found) continue;
      refuseClash(found.plugin, plugins);
      plugins.push(found);
    } catch (cause) {
      refused.push({ name, root, error: OctoError.is(cause) ? cause : broken(name, cause) });
    }
  }
}

async function names(root: string, refused: Refused[]): Promise<string[]> {
  try {
    return Object.keys((await readManifest(join(root, 'package.json'))).dependencies ?? {}).sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []; // a root without a list switches nothing on
    refused.push({ name: root, root, error: broken(root, cause) });
    return [];
  }
}

async function load(name: string, outside: Outside): Promise<LoadedPlugin | undefined> {
  const root = outside.folder;
  const from = pathToFileURL(join(root, 'package.json'));
  const at = installed(name, from);
  if (!at) throw new PluginError('OCTO_PLUGIN_MISSING', `${name} is listed in ${root} but not installed`);
  const manifest = await readManifest(at);
  if (!manifest.octo) return undefined;
  if (manifest.octo.contract !== CONTRACT) throw wrongContract(name, manifest.octo.contract);
  await refuseUnlisted(name, outside);
  const entry = pathToFileURL(createRequire(from).resolve(name)); // honours "exports" and --conditions
  const plugin: unknown = ((await import(entry.href)) as { default?: unknown }).default;
  if (!isPlugin(plugin) || plugin.name !== name)
    throw new PluginError('OCTO_PLUGIN_NAME', `the default export of ${name} is not a plugin of that name`);
  return { plugin, version: manifest.version ?? '0.0.0', root };
}

/** What to do depends on who is behind: the plugin, octo, or its package.json. */
function wrongContract(name: string, found: unknown): PluginError {
  const message = `${name} speaks contract ${String(found)}; this octo speaks contract ${CONTRACT}`;
  const older = `install a newer release: octo plugin add ${name}@latest; if there is none, ask its author to rebuild it against @octo/kernel with contract ${CONTRACT}`;
  const newer = `update octo, or install an older release of ${name}, made for contract ${CONTRACT}`;
  const isNumber = typeof found === 'number' && Number.isInteger(found) && found > 0;
  const absent = `write "octo": { "contract": ${CONTRACT} } into the package.json of ${name}`;
  return new PluginError('OCTO_PLUGIN_CONTRACT', message, {
    hint: !isNumber ? absent : found < CONTRACT ? older : newer,
  });
}

function installed(name: string, from: URL): string | undefined {
  try {
    return findPackageJSON(name, from);
  } catch {
    return undefined; // node throws where nothing of that name can be resolved
  }
}

function broken(name: string, cause: unknown): PluginError {
  const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  return new PluginError('OCTO_PLUGIN_BROKEN', `${name} cannot be loaded: ${why}`, { cause });
}

function refuseClash(plugin: Plugin, earlier: readonly LoadedPlugin[]): void {
  const taken = new Map(earlier.flatMap((e) => brings(e.plugin).map((what) => [what, e.plugin.name] as const)));
  for (const what of brings(plugin)) {
    const owner = taken.get(what);
    if (owner)
      throw new PluginError('OCTO_PLUGIN_CLASH', `${what} comes from ${owner} and from ${plugin.name}`, {
        hint: 'remove one of the two',
      });
  }
}

function brings(plugin: Plugin): string[] {
  return [
    `plugin ${plugin.name}`,
    ...(plugin.steps ?? []).map((s) => `step ${s.type}`),
    ...(plugin.transports ?? []).map((t) => `transport ${t.style}`),
    ...(plugin.schedulers ?? []).map((s) => `scheduler ${s.name}`),
    ...(plugin.services ?? []).map((s) => `service ${s.token.id}`),
  ];
}

async function readManifest(path: string | URL): Promise<Manifest> {
  const text = await readFile(path instanceof URL ? fileURLToPath(path) : path, 'utf8');
  return JSON.parse(text) as Manifest;
}
