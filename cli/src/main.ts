// What bin/octo.js starts, from the bundle. The plugins of $OCTO_HOME may bring commands of their own.
import { Config, execute } from '@oclif/core';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { octoHome } from './connect.ts';

export async function main(root: string, args: string[]): Promise<void> {
  const path = join(octoHome(), 'plugins');
  const manifest = join(path, 'package.json');
  const own = existsSync(manifest) ? Object.keys(dependenciesOf(manifest)) : [];
  const loadOptions = await Config.load({
    root,
    devPlugins: false,
    ...(own.length > 0 && { pluginAdditions: { core: own, path } }),
  });
  await execute({ loadOptions, args });
}

function dependenciesOf(manifest: string): Record<string, string> {
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies?: Record<string, string> };
  return dependencies;
}
