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

test('agents are listened for at 10943 beside the server, unless it is said otherwise (halibut.md 8.2)', async () => {
  const comms = async (options: object, env: NodeJS.ProcessEnv = {}) =>
    (await readConfig({ dataDir: folder, ...options }, env)).comms;
  expect(await comms({})).toEqual({ listen: { host: '127.0.0.1', port: 10_943 } });
  expect(await comms({ host: '0.0.0.0' })).toEqual({ listen: { host: '0.0.0.0', port: 10_943 } });
  const env = { OCTO_COMMS_PORT: '0', OCTO_COMMS_HOST: '10.0.0.1' };
  expect(await comms({}, env)).toEqual({ listen: { host: '10.0.0.1', port: 0 } });
  expect(await comms({ commsPort: 'none' }, env)).toEqual({});
  expect(await comms({}, { OCTO_COMMS_PORT: 'none' })).toEqual({});
  await expect(comms({ commsPort: Number('x') })).rejects.toMatchObject({ code: 'OCTO_INPUT' });
});
