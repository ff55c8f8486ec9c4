// Makes one file of the agent and Node itself: dist/tentacle, for Linux machines without Node (docs/tentacle.md).
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const root = new URL('..', import.meta.url).pathname;
const out = join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'cli/package.json'), 'utf8')) as { readonly version: string };
const target = join(out, 'tentacle');

mkdirSync(out, { recursive: true });
const entry = join(out, 'entry.ts');
writeFileSync(entry, `import { tentacle } from '../cli/src/tentacle/bin.ts';\nvoid tentacle(process.argv.slice(2));\n`);
const bundle = await rolldown({
  cwd: root,
  input: entry,
  platform: 'node',
  tsconfig: false,
  external: (id) => isBuiltin(id) || id === 'bufferutil' || id === 'utf-8-validate',
  resolve: { conditionNames: ['octo-source', 'node', 'import', 'default'] },
  plugins: [
    {
      name: 'octo-version',
      load: (id) =>
        id.endsWith('/cli/src/tentacle/version.ts') ? `export const VERSION = ${JSON.stringify(version)};` : undefined,
    },
  ],
});
await bundle.write({
  file: join(out, 'tentacle.cjs'),
  format: 'cjs',
  codeSplitting: false,
  minify: { mangle: { keepNames: { function: false, class: true } } }, // a trace names the kind of an error
  comments: false,
});
await bundle.close();

const config = join(out, 'sea.json');
const blob = join(out, 'tentacle.blob');
const settings = {
  main: join(out, 'tentacle.cjs'),
  output: blob,
  disableExperimentalSEAWarning: true,
  useCodeCache: true,
};
writeFileSync(config, JSON.stringify(settings));
execFileSync(process.execPath, ['--experimental-sea-config', config], { stdio: 'inherit' });
rmSync(target, { force: true });
copyFileSync(process.execPath, target);
chmodSync(target, 0o755);
const { inject } = (await import('postject' as string)) as {
  readonly inject: (
    file: string,
    name: string,
    data: Buffer,
    options: { readonly sentinelFuse: string },
  ) => Promise<void>;
}; // it brings no types
await inject(target, 'NODE_SEA_BLOB', readFileSync(blob), {
  sentinelFuse: 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
});
for (const file of [entry, config, blob]) rmSync(file);
console.log(`${target}: ${(statSync(target).size / 1024 / 1024).toFixed(1)} MiB`);
