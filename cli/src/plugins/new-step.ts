import { ConflictError, InputError } from '@octo/kernel';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kernelTarball } from './source.ts';

export interface NewPlugin {
  /** Name of the package, e.g. `my-step` or `@acme/my-step`. */
  readonly name: string;
  /** Absolute; must not hold anything yet. */
  readonly folder: string;
  /** Where octo is installed. */
  readonly root: string;
}
/** How the plugin in cli/templates/step is called, and its action type. */
const MODEL = { name: /\bmy-step\b/g, type: /\bCustom\.MyStep\b/g };

/** Write the package of a step: the model under another name. Answers the action type that it has. */
export async function writeStep({ name, folder, root }: NewPlugin): Promise<string> {
  const type = `Custom.${pascal(name)}`;
  await refuseFilled(folder);
  await mkdir(join(folder, 'vendor'), { recursive: true });
  await copyFile(kernelTarball(root), join(folder, 'vendor', 'octo-kernel.tgz')); // it is not published
  const model = join(root, 'templates', 'step');
  for (const file of await readdir(model)) {
    const text = (await readFile(join(model, file), 'utf8')).replace(MODEL.name, name).replace(MODEL.type, type);
    await writeFile(join(folder, file === 'gitignore' ? '.gitignore' : file), text); // npm packs no .gitignore
  }
  return type;
}

/** As npm wants it. */
export function checkName(name: string): void {
  if (name.length <= 214 && /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name) && pascal(name) !== '')
    return;
  throw new InputError('OCTO_PLUGIN_NEW_NAME', `"${name}" cannot be the name of a package`, {
    hint: 'use small letters, digits and dashes: my-step, or @acme/my-step',
  });
}

async function refuseFilled(folder: string): Promise<void> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new ConflictError('OCTO_PLUGIN_NEW_FOLDER', `${folder} cannot be used: ${error.message}`);
  });
  if (there.length === 0) return;
  throw new ConflictError('OCTO_PLUGIN_NEW_FOLDER', `the folder ${folder} is not empty`, {
    hint: 'name another one with --dir',
  });
}

/** `@acme/my-step` is `MyStep`. */
function pascal(name: string): string {
  const words = name.replace(/^@[^/]*\//, '').match(/[a-z0-9]+/g) ?? [];
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
