// What bin/octo.js starts, from the bundle. The plugins of $OCTO_HOME may bring commands of their own.
import { Config, execute } from '@oclif/core';
import { existsSync } from 'node:fs';
import { pluginFolder } from './connect.ts';
import { commandPlugins } from './plugins/commands.ts';
import { withStyleHelp } from './worker/help-word.ts';

export async function main(root: string, args: string[]): Promise<void> {
  const path = pluginFolder();
  // A start that was killed while it exchanged the folder (plugins/folder.ts); asked only where there is none.
  if (!existsSync(path) && existsSync(`${path}.old`)) await (await import('./plugins/folder.ts')).mendPlugins(path);
  const core = isAboutPlugins(args) ? [] : commandPlugins(path);
  const loadOptions = await Config.load({
    root,
    devPlugins: false,
    ...(core.length > 0 && { pluginAdditions: { core, path } }),
  });
  await execute({ loadOptions, args: withStyleHelp(args) });
}

/** `octo plugin remove` works whatever the commands of a plugin do when they are loaded. */
function isAboutPlugins([topic]: readonly string[]): boolean {
  return topic === 'plugin';
}
