import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Home } from './setup/octo.ts';
import { install } from './setup/plugins.ts';

const root = new URL('../../', import.meta.url).pathname;

/** The files of one recipe of CONTRIBUTING.md, word for word. */
async function recipe(name: string): Promise<Record<string, string>> {
  const text = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8');
  const blocks = text.matchAll(/^ *```\w+ recipe=(\w+) file=(\S+)\n([\s\S]*?)^ *```$/gm);
  const files = [...blocks].filter(([, recipe]) => recipe === name).map(([, , file, body]) => [file, body] as const);
  return Object.fromEntries(files as [string, string][]);
}
/** Node does not strip types below node_modules; a published package holds JavaScript. */
function published(files: Record<string, string>, name: string): Record<string, string> {
  const manifest = {
    name,
    version: '0.1.0',
    type: 'module',
    exports: { '.': './index.js', './package.json': './package.json' },
    octo: { contract: 1 },
  };
  return {
    'index.js': files['index.ts'] ?? '',
    'package.json': files['package.json']?.replace('./index.ts', './index.js') ?? JSON.stringify(manifest),
  };
}

test('the recipe for a step, word for word, runs', async () => {
  await using home = await Home.open();
  const files = await recipe('step');
  expect(Object.keys(files).sort()).toEqual(['index.ts', 'package.json']);
  await install(home, { '@octo/plugin-step-greet': published(files, '@octo/plugin-step-greet') });
  const process = [{ name: 'Greet', type: 'Acme.Greet', properties: { 'Acme.Greet.Name': 'Ada' } }];
  await writeFile(join(home.dir, 'process.json'), JSON.stringify(process));
  const result = await home.run(['run', '--process', 'process.json']);
  expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('hello Ada') });
  expect(result.stdout + result.stderr).toContain('greeted Ada on Built-in worker');
});

test('the recipe for a transport, word for word, loads', async () => {
  await using home = await Home.open();
  await install(home, {
    '@octo/plugin-transport-pigeon': published(await recipe('transport'), '@octo/plugin-transport-pigeon'),
  });
  const { stdout } = await home.run(['plugin', 'list']);
  expect(stdout).toContain('transport AcmePigeon');
});

test('plugins that throw, lie or clash are refused by name, and everything else works', async () => {
  await using home = await Home.open();
  const manifest = (name: string, contract: unknown) =>
    JSON.stringify({
      name,
      version: '1.0.0',
      type: 'module',
      exports: { '.': './index.js', './package.json': './package.json' },
      octo: { contract },
    });
  const plugin = (name: string, more = '') => `export default { name: '${name}', contract: 1, ${more} };`;
  const clash = `steps: [{ type: 'Octopus.Script', properties: { '~standard': {} }, deps: {}, run: async () => {} }]`;
  const gap = `services: [{ token: { id: 'acme.A', scope: 'server', given: false }, deps: { b: { id: 'acme.B', scope: 'server', given: false } }, create: () => 1 }]`;
  await install(home, {
    'acme-throws': { 'package.json': manifest('acme-throws', 1), 'index.js': 'throw new Error("boom at import")' },
    'acme-old': { 'package.json': manifest('acme-old', 99), 'index.js': 'process.exit(7)' },
    'acme-clash': { 'package.json': manifest('acme-clash', 1), 'index.js': plugin('acme-clash', clash) },
    'acme-gap': { 'package.json': manifest('acme-gap', 1), 'index.js': plugin('acme-gap', gap) },
    'acme-good': { 'package.json': manifest('acme-good', 1), 'index.js': plugin('acme-good') },
  });
  const list = await home.run(['plugin', 'list', '--json']);
  const plugins = JSON.parse(list.stdout) as { name: string; refused: { code: string } | null }[];
  const refused = Object.fromEntries(plugins.filter((p) => p.refused).map((p) => [p.name, p.refused?.code]));
  expect(refused).toEqual({
    'acme-throws': 'OCTO_PLUGIN_BROKEN',
    'acme-old': 'OCTO_PLUGIN_CONTRACT',
    'acme-clash': 'OCTO_PLUGIN_CLASH',
    'acme-gap': 'OCTO_WIRING_MISSING',
  });
  expect(plugins.find((p) => p.name === 'acme-good')?.refused).toBeNull();
  expect((await home.run(['run', 'echo still here'])).stdout).toBe('still here\n');
  await home.serve();
  expect((await home.run(['plugin', 'list'])).stdout).toContain('boom at import');
});

test('the example of the README, from a copy of the folder', async () => {
  await using home = await Home.open();
  await cp(join(root, 'examples/hello'), join(home.dir, 'hello'), { recursive: true });
  const readme = await readFile(join(root, 'examples/hello/README.md'), 'utf8');
  const line = /^octo (run .*)$/m.exec(readme)?.[1] ?? '';
  const result = await home.run(line.replaceAll('examples/', '').split(' '));
  expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('Building for acme') });
});
