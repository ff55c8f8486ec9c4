import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openPlane } from '../boot.ts';
import { silentLogger } from '../logging.ts';
import { buildApp } from './app.ts';

const repo = new URL('../../../', import.meta.url).pathname;
/** A transport whose machines answer, are away, or fail, as their endpoint says. */
const PIGEON = `
import { definePlugin, defineTransport, TransportError } from '@octo/kernel';
import { z } from 'zod';
const open = async ({ endpoint, limits }) => {
  if (endpoint.Fate === 'away') throw new TransportError('OCTO_TRANSPORT_PIGEON', 'no pigeon came back', { started: 'no' });
  if (endpoint.Fate === 'broken') throw new Error('a feather in the works');
  const agent = 'Pigeon after ' + limits.connectTimeoutMs + ' ms at most';
  return { capabilities: async () => ({ agent, startsOnce: true, shells: ['bash'], platform: 'linux-arm64' }), async [Symbol.asyncDispose]() {} };
};
const pigeon = defineTransport({
  style: 'AcmePigeon', word: 'pigeon', endpoint: z.looseObject({ Fate: z.string() }), reach: 'anywhere', deps: {}, create: () => ({ open }),
});
export default definePlugin({ name: 'acme-pigeon', contract: 1, transports: [pigeon] });`;

async function openServer() {
  const dir = await mkdtemp(join(tmpdir(), 'octo-health-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const plugin = join(dir, 'plugins/node_modules/acme-pigeon');
  await mkdir(join(dir, 'plugins/node_modules/@octo'), { recursive: true });
  await mkdir(plugin);
  await symlink(join(repo, 'libs/kernel'), join(dir, 'plugins/node_modules/@octo/kernel'));
  await symlink(join(repo, 'node_modules/zod'), join(dir, 'plugins/node_modules/zod'));
  await writeFile(join(dir, 'plugins/package.json'), JSON.stringify({ dependencies: { 'acme-pigeon': '*' } }));
  const manifest = {
    name: 'acme-pigeon',
    version: '1.0.0',
    type: 'module',
    exports: './index.js',
    octo: { contract: 1 },
  };
  await writeFile(join(plugin, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(plugin, 'index.js'), PIGEON);
  const plane = await openPlane({
    dataDir: join(dir, 'data'),
    mode: 'work',
    logger: silentLogger,
    node: { id: 'server-test', name: 'test', kind: 'server', taskCap: 5 },
    pluginRoots: [join(dir, 'plugins')],
  });
  onTestFinished(() => plane[Symbol.asyncDispose]());
  const app = buildApp(plane, { localKey: 'API-LOCAL' });
  onTestFinished(() => app.close());
  const ask = async (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) =>
    (
      await app.inject({ method, url, headers: { 'x-octopus-apikey': 'API-LOCAL' }, ...(payload && { payload }) })
    ).json();
  return { ask, plane };
}
const worker = (name: string, Fate: string) => ({
  Name: name,
  WorkerPoolIds: ['WorkerPools-1'],
  Endpoint: { CommunicationStyle: 'AcmePigeon', Fate },
});

test('a check finds who answers; what it found stays with the worker, a change is one event (R87, R88, R96, R98)', async () => {
  const { ask, plane } = await openServer();
  const made = [];
  for (const fate of ['fine', 'away', 'broken'])
    made.push((await ask('POST', '/api/workers', worker(fate, fate))).Id as string);
  const lost = { Name: 'lost', WorkerPoolIds: ['WorkerPools-1'], Endpoint: { CommunicationStyle: 'Ssh', Host: 'h' } };
  made.push((await ask('POST', '/api/workers', lost)).Id as string);
  const health = async () =>
    (await ask('GET', '/api/workers/all')).map(
      (it: { Name: string; HealthStatus: string }) => `${it.Name} ${it.HealthStatus}`,
    );
  await vi.waitFor(
    async () =>
      expect(await health()).toEqual(['away Unavailable', 'broken Unavailable', 'fine Healthy', 'lost Unavailable']),
    10_000,
  );
  expect(await ask('GET', `/api/workers/${made[0]}`)).toMatchObject({
    StatusSummary: 'It answers: Pigeon after 60000 ms at most',
    OperatingSystem: 'Linux',
    Architecture: 'arm64',
    ShellName: 'Bash',
    Status: 'Online',
  });
  expect(await ask('GET', `/api/workers/${made[1]}/connection`)).toMatchObject({
    Status: 'Offline',
    Logs: [{ MessageText: 'no pigeon came back [OCTO_TRANSPORT_PIGEON]' }],
  });
  expect((await ask('GET', `/api/workers/${made[3]}`)).StatusSummary).toContain('No loaded plugin speaks Ssh');
  const again = await ask('POST', '/api/tasks', { Name: 'Health', Arguments: { MachineIds: made } });
  await vi.waitFor(async () => expect((await plane.tasks.get(again.Id))?.state).toBe('Failed'), 10_000);
  expect((await plane.tasks.get(again.Id))?.errorMessage).toMatch(/^could not be contacted: /);
  const events = await ask('GET', `/api/events?regarding=${made[0]}&eventCategories=MachineHealthy`);
  expect(events.Items).toMatchObject([
    { Username: 'system', Message: expect.stringContaining('it was Unknown') as unknown },
  ]);
});

test('limits of the machine policy reach the transport; a worker that moves is checked anew', async () => {
  const { ask } = await openServer();
  const policy = await ask('POST', '/api/machinepolicies', { Name: 'Patient', ConnectionConnectTimeout: '00:05:00' });
  const made = await ask('POST', '/api/workers', { ...worker('w', 'fine'), MachinePolicyId: policy.Id });
  const summary = async () => (await ask('GET', `/api/workers/${made.Id}`)).StatusSummary;
  await vi.waitFor(async () => expect(await summary()).toContain('after 300000 ms'), 10_000);
  await ask('PUT', `/api/workers/${made.Id}`, {
    ...made,
    Endpoint: { CommunicationStyle: 'AcmePigeon', Fate: 'away' },
  });
  await vi.waitFor(async () => expect(await summary()).toContain('no pigeon came back'), 10_000);
});

test('a script for one worker is not run by another, the built-in one least of all', async () => {
  const { ask, plane } = await openServer();
  const made = await ask('POST', '/api/workers', worker('away', 'away'));
  const task = await ask('POST', '/api/tasks', {
    Name: 'AdHocScript',
    Arguments: { ScriptBody: 'true', Syntax: 'Bash', TargetType: 'Workers', WorkerIds: [made.Id] },
  });
  await vi.waitFor(async () => expect((await plane.tasks.get(task.Id))?.state).toBe('Failed'), 10_000);
  expect(await plane.tasks.get(task.Id)).toMatchObject({
    errorCode: 'OCTO_WORKER_NONE_HEALTHY',
    errorMessage: expect.stringContaining('away') as unknown,
  });
});
