import { NotFoundError } from '@octo/kernel';
import { join } from 'node:path';
import { nearest } from '../nearest.ts';
import { change, readManifest } from './folder.ts';
import { npm } from './npm.ts';
import { dropUnused } from './source.ts';

/** Take a plugin off the list and off the disk. Its code is not run, so a broken one can be removed too. */
export async function removePlugin(name: string, folder: string): Promise<{ readonly version: string | null }> {
  await listed(name, folder); // an unknown name costs no copy
  return change(folder, async (copy) => {
    await listed(name, copy);
    const version = (await readManifest(join(copy, 'node_modules', name)))?.version ?? null;
    await npm(['uninstall', '--prefix', copy, '--prefer-offline', name], copy);
    await dropUnused(copy);
    return { version };
  });
}

async function listed(name: string, folder: string): Promise<void> {
  const names = Object.keys((await readManifest(folder))?.dependencies ?? {}).filter((n) => n !== '@octo/kernel');
  if (!names.includes(name)) throw unknownPlugin(name, names, 'installed');
}

export function unknownPlugin(name: string, names: readonly string[], state: 'installed' | 'loaded'): NotFoundError {
  const near = nearest(name, names);
  const all = names.length > 0 ? `${state}: ${names.join(', ')}` : `nothing is ${state}: octo plugin add NAME`;
  return new NotFoundError('OCTO_PLUGIN_UNKNOWN', `no plugin ${name} is ${state}`, {
    hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : all,
  });
}
