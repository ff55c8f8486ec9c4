import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from './config.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octo-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function allowed(file: unknown, env: NodeJS.ProcessEnv = {}) {
  const configFile = join(folder, 'octo.json');
  await writeFile(configFile, JSON.stringify(file));
  return (await readConfig({ dataDir: folder, configFile }, env)).allowedPlugins;
}

test('plugins.allow takes names, and names with the integrity they must have', async () => {
  const allow = ['a', { name: 'b', integrity: 'sha512-x' }];
  expect(await allowed({ plugins: { allow } })).toEqual([{ name: 'a' }, { name: 'b', integrity: 'sha512-x' }]);
});

test('without plugins.allow every plugin may be loaded; OCTO_PLUGINS_ALLOW wins over the file', async () => {
  expect(await allowed({})).toBeUndefined();
  const file = { plugins: { allow: ['a'] } };
  expect(await allowed(file, { OCTO_PLUGINS_ALLOW: 'b, c' })).toEqual([{ name: 'b' }, { name: 'c' }]);
  expect(await allowed(file, { OCTO_PLUGINS_ALLOW: '' })).toEqual([]);
});

test('a word of plugins.allow that is misspelt is told, not ignored', async () => {
  const file = { plugins: { allow: [{ name: 'a', hash: 'x' }] } };
  await expect(allowed(file)).rejects.toMatchObject({ code: 'OCTO_INPUT' });
});
