import { stat } from 'node:fs/promises';
import { PluginError } from '../errors.ts';
import { integrityOf } from './integrity.ts';

/** A plugin that may be loaded; with `integrity` only what has this very hash (`octo plugin show` prints it). */
export interface Allowed {
  readonly name: string;
  readonly integrity?: string | undefined;
}
/** A folder that users fill, `$OCTO_HOME/plugins`: what lies there runs with our rights, so it is looked at first. */
export interface Outside {
  readonly folder: string;
  /** Absent: every plugin of the folder. */
  readonly allow?: readonly Allowed[] | undefined;
}

/** Whoever can write to the folder runs code as us, so it must be ours: not even a root shell loads a user's. */
export async function refuseForeignFolder(folder: string): Promise<void> {
  const me = process.getuid?.();
  if (me === undefined) return; // a system without user ids
  const owner = (await stat(folder)).uid;
  if (owner !== me)
    throw new PluginError(
      'OCTO_PLUGIN_OWNER',
      `the plugins of ${folder} belong to user id ${owner}, and octo runs as user id ${me}`,
      { hint: `chown -R ${me} ${folder}, or set OCTO_HOME to a folder of your own` },
    );
}

/** Before anything of the plugin is imported. */
export async function refuseUnlisted(name: string, { folder, allow }: Outside): Promise<void> {
  if (!allow) return;
  const entry = allow.find((a) => a.name === name);
  if (!entry)
    throw new PluginError('OCTO_PLUGIN_NOT_ALLOWED', `${name} is not among plugins.allow of the configuration`, {
      hint: `add "${name}" to plugins.allow, or run: octo plugin remove ${name}`,
    });
  if (entry.integrity === undefined) return;
  const found = await integrityOf(name, folder);
  if (found !== entry.integrity)
    throw new PluginError(
      'OCTO_PLUGIN_INTEGRITY',
      `${name} is not what plugins.allow names: integrity ${found}, expected ${entry.integrity}`,
      { hint: 'install the release that was checked, or write the new integrity into plugins.allow' },
    );
}
