// Makes what starts fast of what tsc has checked: cli/dist/bundle and cli/oclif.manifest.json (docs/adr/0005-bundles.md).
import { Config } from '@oclif/core';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { rolldown, type Plugin } from 'rolldown';
import { packKernel } from './kernel-package.ts';

const root = new URL('..', import.meta.url).pathname;
const cli = join(root, 'cli');

type Manifest = { readonly version: string; readonly dependencies: Readonly<Record<string, string>> };
const manifestOf = (folder: string) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;

/** Modules that look around themselves on the disk, and what stands in the bundle instead of them. */
const instead: Readonly<Record<string, string>> = {
  'server/src/version.ts': `export const VERSION = ${JSON.stringify(manifestOf('server').version)};`,
  'cli/src/tentacle/version.ts': `export const VERSION = ${JSON.stringify(manifestOf('cli').version)};`,
  'server/src/standard.ts': carried(),
  // asked at every start; the original reads files for it
  'node_modules/wsl-utils/index.js': `
    const { release } = process.getBuiltinModule('node:os');
    export const isWsl = process.platform === 'linux' && /microsoft/i.test(release());
    export const powerShellPath = async () => 'powershell.exe';`,
};
const inlined: Plugin = {
  name: 'octo-inlined',
  load: (id) => instead[id.slice(root.length)],
};

/** An import of a built-in reads all of its exports, and node:http exports a WebSocket that takes 30 ms to load. */
const builtIns: Plugin = {
  name: 'octo-built-ins',
  resolveId: (id) => (isBuiltin(id) && id !== 'node:module' ? `\0built-in:${id}` : undefined), // the runtime needs that
  load(id) {
    if (!id.startsWith('\0built-in:')) return undefined;
    return `module.exports = process.getBuiltinModule(${JSON.stringify(id.slice('\0built-in:'.length))});`;
  },
};

/** Compiled parts of packages that do without them: no install script has made them (README). */
const uncompiled: Plugin = {
  name: 'octo-uncompiled',
  resolveId: (id) => (/\.node$|^cpu-features$/.test(id) ? '\0uncompiled' : undefined),
  load: (id) => (id === '\0uncompiled' ? `throw new Error('not compiled');` : undefined),
  // asks where it is, for files that it carries or that only Windows has a use for
  transform: (code, id) =>
    id.includes('/ssh2/lib/') && code.includes('__dirname') ? `const __dirname = '';${code}` : undefined,
};

function carried(): string {
  const names = Object.keys(manifestOf('plugins/standard').dependencies).sort();
  const folder = (name: string) => name.replace('@octo/plugin-', 'plugins/');
  return `${names.map((name, n) => `import p${n} from '${name}';`).join('\n')}
    const plugins = [${names.map((name, n) => `{ plugin: p${n}, version: '${manifestOf(folder(name)).version}' }`).join(', ')}];
    export const standardPlugins = () => ({ root: import.meta.dirname, plugins });`;
}

/** What oclif imports at its top and needs for a few commands only comes when it is used. */
const LATE = ['ejs', 'lilconfig', 'minimatch', 'semver', 'tinyglobby'];
const OCLIF = createRequire(import.meta.url).resolve('@oclif/core');
const late: Plugin = {
  name: 'octo-late',
  async resolveId(id, importer) {
    if (id.startsWith('\0late:')) return id;
    if (LATE.includes(id) && importer?.includes('/@oclif/core/')) return `\0late:${id}`;
    if (importer?.startsWith('\0late:')) return this.resolve(id, OCLIF, { skipSelf: true });
    return undefined;
  },
  load(id) {
    if (!id.startsWith('\0late:')) return undefined;
    const name = JSON.stringify(id.slice('\0late:'.length));
    return `const get = (it, key) => (key in it ? it[key] : it.default?.[key]);
      module.exports = new Proxy({}, { get: (_, key) => (key === '__esModule' ? undefined : get(require(${name}), key)) });`;
  },
};

/** One file per command, where oclif looks for it: a start loads its own command and no other. */
function commandFiles(): Record<string, string> {
  const folder = join(cli, 'src/commands');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((it) => /(?<!\.test)\.ts$/.test(it));
  return Object.fromEntries(files.map((it) => [`commands/${it.slice(0, -'.ts'.length)}`, join(folder, it)]));
}

const bundle = await rolldown({
  cwd: root,
  input: { main: 'cli/src/main.ts', tentacle: 'cli/src/tentacle/bin.ts', ...commandFiles() },
  platform: 'node',
  tsconfig: false, // verbatimModuleSyntax would keep imports of types alone, and with them what must come later
  // native; loads its dialects by name, and only when tables are made; what pg takes where it is there
  external: ['better-sqlite3', 'knex', 'pg-native', 'pg-cloudflare'],
  resolve: {
    conditionNames: ['octo-source', 'node', 'import', 'default'],
    alias: { 'pg-pool': createRequire(import.meta.url).resolve('pg-pool') }, // pg requires it, and extends what it gets
  },
  plugins: [builtIns, inlined, late, uncompiled],
});
await bundle.write({
  dir: join(cli, 'dist/bundle'),
  format: 'esm',
  cleanDir: true,
  comments: false,
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  // what every command needs, with all that it imports, is one file: each more costs a start half a millisecond
  codeSplitting: { groups: [{ name: 'start', test: /\/cli\/src\/(octo-command|connect|table)\.ts$/ }] },
});
await bundle.close();

const config = await Config.load({ root: cli, ignoreManifest: true, devPlugins: false });
const { manifest } = config.plugins.get(config.name) as unknown as { readonly manifest: object }; // its type hides it
writeFileSync(join(cli, 'oclif.manifest.json'), `${JSON.stringify(manifest)}\n`);

packKernel(join(root, 'libs/kernel'), join(cli, 'dist'));
