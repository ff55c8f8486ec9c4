#!/usr/bin/env node
// The built command. Compiled code is cached between runs; the plugins of $OCTO_HOME may bring commands of their own.
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(`octo: Node 24.11 or newer is needed; this is ${process.version}\n`);
  process.exit(1);
}
const { enableCompileCache } = await import('node:module');
enableCompileCache();
const { existsSync, readFileSync } = await import('node:fs');
const { homedir } = await import('node:os');
const { dirname, join } = await import('node:path');
const { Config, execute } = await import('@oclif/core');

const root = dirname(import.meta.dirname);
const path = join(process.env.OCTO_HOME || join(homedir(), '.octo'), 'plugins');
const manifest = join(path, 'package.json');
const own = existsSync(manifest) ? Object.keys(JSON.parse(readFileSync(manifest, 'utf8')).dependencies ?? {}) : [];
const loadOptions = await Config.load({ root, ...(own.length > 0 && { pluginAdditions: { core: own, path } }) });
await execute({ loadOptions, args: process.argv.slice(2) });
