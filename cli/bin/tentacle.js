#!/usr/bin/env node
// The built agent of a machine: the bundle of `npm run build` (docs/adr/0005-bundles.md).
if (Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(`tentacle: Node 24.11 or newer is needed; this is ${process.version}\n`);
  process.exit(1);
}
process.getBuiltinModule('node:module').enableCompileCache();
const { tentacle } = await import('../dist/bundle/tentacle.js');
await tentacle(process.argv.slice(2));
