import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadPlugins } from './discover.ts';
import { integrityOf } from './integrity.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'octo-discover-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const step = (type: string) => `{ type: '${type}', properties: { '~standard': {} }, deps: {}, run: async () => {} }`;

/** A root folder with installed packages; `code` is a package's entry, `contract` what its manifest claims. */
async function root(name: string, packages: Record<string, { code: string; contract?: unknown }>): Promise<string> {
  const at = join(home, name);
  for (const [id, { code, contract = 1 }] of Object.entries(packages)) {
    const dir = join(at, 'node_modules', id);
    await mkdir(dir, { recursive: true });
    const manifest = {
      name: id,
      version: '1.2.3',
      type: 'module',
      exports: { '.': './index.js', './package.json': './package.json' },
    };
    await writeFile(
      join(dir, 'package.json'),
      JSON.stringify({ ...manifest, ...(contract !== null && { octo: { contract } }) }),
    );
    await writeFile(join(dir, 'index.js'), code);
  }
  const dependencies = Object.fromEntries(Object.keys(packages).map((id) => [id, '*']));
  await writeFile(join(at, 'package.json'), JSON.stringify({ name, dependencies }));
  return at;
}
const plugin = (name: string, more = '') => ({ code: `export default { name: '${name}', contract: 1, ${more} };` });

test('a plugin is on because a root lists it; packages without an octo key are no plugins', async () => {
  const at = await root('plain', { a: plugin('a'), lodash: { code: 'throw new Error("imported")', contract: null } });
  const { plugins, refused } = await loadPlugins([at]);
  expect(plugins).toMatchObject([{ plugin: { name: 'a' }, version: '1.2.3', root: at }]);
  expect(refused).toEqual([]);
});

test.each([
  ['throws when loaded', { code: 'throw new Error("boom")' }, 'OCTO_PLUGIN_BROKEN'],
  ['speaks another contract, and is not even loaded', { code: 'process.exit(1)', contract: 2 }, 'OCTO_PLUGIN_CONTRACT'],
  ['gives another name', { code: 'export default { name: "other", contract: 1 }' }, 'OCTO_PLUGIN_NAME'],
  ['exports no plugin', { code: 'export default 7' }, 'OCTO_PLUGIN_NAME'],
  [
    'brings a step without run',
    { code: 'export default { name: "bad", contract: 1, steps: [{ type: "X" }] }' },
    'OCTO_PLUGIN_NAME',
  ],
])('a plugin that %s is refused by name and the rest loads', async (title, bad, code) => {
  const at = await root(`bad-${title.length}-${code}`, { bad, good: plugin('good') });
  const { plugins, refused } = await loadPlugins([at]);
  expect(plugins.map((p) => p.plugin.name)).toEqual(['good']);
  expect(refused).toMatchObject([{ name: 'bad', error: { code } }]);
});

test('in a clash of step types the later root loses, and both owners are named', async () => {
  const first = await root('first', { a: plugin('a', `steps: [${step('Octopus.Script')}]`) });
  const second = await root('second', { b: plugin('b', `steps: [${step('Octopus.Script')}]`), c: plugin('c') });
  const { plugins, refused } = await loadPlugins([first, second]);
  expect(plugins.map((p) => p.plugin.name)).toEqual(['a', 'c']);
  expect(refused[0]?.error.message).toBe('step Octopus.Script comes from a and from b');
});

test('a root without a package.json switches nothing on, a broken one is refused', async () => {
  const broken = join(home, 'broken');
  await mkdir(broken, { recursive: true });
  await writeFile(join(broken, 'package.json'), '{ nonsense');
  const { plugins, refused } = await loadPlugins([join(home, 'nowhere'), broken]);
  expect(plugins).toEqual([]);
  expect(refused).toMatchObject([{ name: broken, error: { code: 'OCTO_PLUGIN_BROKEN' } }]);
});

test('a package that is listed but not installed is refused by name', async () => {
  const at = join(home, 'missing');
  await mkdir(at, { recursive: true });
  await writeFile(join(at, 'package.json'), JSON.stringify({ dependencies: { ghost: '1.0.0' } }));
  expect((await loadPlugins([at])).refused).toMatchObject([{ name: 'ghost', error: { code: 'OCTO_PLUGIN_MISSING' } }]);
});

test.each([
  [2, /update octo, or install an older release of old/],
  ['one', /write "octo": \{ "contract": 1 \} into the package.json of old/],
])('contract %j gets a sentence that says what to do', async (contract, hint) => {
  const at = await root(`contract-${contract}`, { old: { code: '', contract } });
  expect((await loadPlugins([at])).refused[0]?.error.hint).toMatch(hint);
});

test('what is not allowed is refused by name before it is imported, and the rest loads', async () => {
  const folder = await root('allow', { a: plugin('a'), b: { code: 'process.exit(1)' }, c: plugin('c') });
  const integrity = await integrityOf('a', folder);
  const { plugins, refused } = await loadPlugins([{ folder, allow: [{ name: 'a', integrity }, { name: 'c' }] }]);
  expect(plugins.map((p) => p.plugin.name)).toEqual(['a', 'c']);
  expect(refused).toMatchObject([{ name: 'b', error: { code: 'OCTO_PLUGIN_NOT_ALLOWED' } }]);
});

test('a changed file changes the integrity, and a plugin that was allowed by its hash stays out', async () => {
  const folder = await root('hash', { a: plugin('a') });
  const allow = [{ name: 'a', integrity: await integrityOf('a', folder) }];
  await writeFile(join(folder, 'node_modules/a/more.js'), '');
  const { refused } = await loadPlugins([{ folder, allow }]);
  expect(refused).toMatchObject([{ name: 'a', error: { code: 'OCTO_PLUGIN_INTEGRITY' } }]);
});

test("the lock's hash is the integrity where npm wrote one", async () => {
  const folder = await root('lock', { a: plugin('a') });
  const lock = { packages: { 'node_modules/a': { integrity: 'sha512-abc' } } };
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock));
  expect(await integrityOf('a', folder)).toBe('sha512-abc');
});

test.runIf(process.getuid?.() === 0)('nothing of a folder of another user is loaded', async () => {
  const folder = await root('foreign', { a: { code: 'process.exit(1)' } });
  await chown(folder, 4711, 4711);
  const { plugins, refused } = await loadPlugins([{ folder }]);
  expect(plugins).toEqual([]);
  expect(refused).toMatchObject([{ name: folder, error: { code: 'OCTO_PLUGIN_OWNER' } }]);
});
