#!/usr/bin/env node
// The built command: the bundle of `npm run build` (docs/adr/0005-bundles.md). Compiled code is cached between runs.
// Nothing is imported at the top: an older Node shall hear what is needed, and each import costs a command some ms.
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(`octo: Node 24.11 or newer is needed; this is ${process.version}\n`);
  process.exit(1);
}
const { getBuiltinModule, argv, version, platform, arch } = process;
const { dirname, join } = getBuiltinModule('node:path');
const root = dirname(import.meta.dirname);
if (argv[2] === '--version') {
  const manifest = JSON.parse(getBuiltinModule('node:fs').readFileSync(join(root, 'package.json'), 'utf8'));
  process.stdout.write(`${manifest.name}/${manifest.version} ${platform}-${arch} node-${version}\n`);
} else if (argv[2] === 'tentacle') {
  getBuiltinModule('node:module').enableCompileCache();
  const { tentacle } = await import('../dist/bundle/tentacle.js');
  await tentacle(argv.slice(3));
} else {
  getBuiltinModule('node:module').enableCompileCache();
  if (argv.includes('--no-color')) process.env.NO_COLOR ??= '1'; // oclif decides on colours when it is loaded
  const { main } = await import('../dist/bundle/main.js');
  await main(root, argv.slice(2));
}
