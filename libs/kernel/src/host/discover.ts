import { readFile } from 'node:fs/promises';
import { createRequire, findPackageJSON } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { OctoError, PluginError } from '../errors.ts';
import { CONTRACT, type Plugin } from '../plugin.ts';
import { isPlugin } from './shape.ts';

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
 * A root may also be what a bundle carries.
 * Nothing scans node_modules. A plugin that throws, lies about itself or clashes with an earlier one is refused by name
 * and the others load; in a clash the later root loses.
 */
export async function loadPlugins(
  roots: readonly (string | Carried)[],
): Promise<{ readonly plugins: readonly LoadedPlugin[]; readonly refused: readonly Refused[] }> {
  const plugins: LoadedPlugin[] = [];
  const refused: Refused[] = [];
  for (const root of roots) {
    if (typeof root !== 'string') {
      plugins.push(...root.plugins.map((carried) => ({ ...carried, root: root.root })));
      continue;
    }
    for (const name of await names(root, refused)) {
      try {
        const found = await load(name, root);
        if (!found) continue;
        refuseClash(found.plugin, plugins);
        plugins.push(found);
      } catch (cause) {
        const error = OctoError.is(cause) ? cause : broken(name, cause);
        refused.push({ name, root, error });
      }
    }
  }
  return { plugins, refused };
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

async function load(name: string, root: string): Promise<LoadedPlugin | undefined> {
  const from = pathToFileURL(join(root, 'package.json'));
  const at = installed(name, from);
  if (!at) throw new PluginError('OCTO_PLUGIN_MISSING', `${name} is listed in ${root} but not installed`);
  const manifest = await readManifest(at);
  if (!manifest.octo) return undefined;
  if (manifest.octo.contract !== CONTRACT) {
    throw new PluginError(
      'OCTO_PLUGIN_CONTRACT',
      `${name} speaks contract ${String(manifest.octo.contract)}; this host speaks ${CONTRACT}`,
      { hint: `install a release of ${name} made for contract ${CONTRACT}` },
    );
  }
  const entry = pathToFileURL(createRequire(from).resolve(name)); // honours "exports" and --conditions
  const plugin: unknown = ((await import(entry.href)) as { default?: unknown }).default;
  if (!isPlugin(plugin) || plugin.name !== name)
    throw new PluginError('OCTO_PLUGIN_NAME', `the default export of ${name} is not a plugin of that name`);
  return { plugin, version: manifest.version ?? '0.0.0', root };
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
