import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fakeDeps, memorySettings, type FakeDeps } from '../../cli/src/tentacle/rest/deps.fixture.ts';
import { restCommands } from '../../cli/src/tentacle/rest/commands.ts';
import { Values } from '../../cli/src/tentacle/rest/values.ts';
import { Home, type Server } from '../src/setup/octo.ts';

const { signal } = new AbortController();
const THUMBPRINT = 'AB12'.repeat(10);

describe('our registration commands against our server', () => {
  let home: Home;
  let server: Server;
  let deps: FakeDeps;
  beforeAll(async () => {
    home = await Home.open();
    server = await home.serve(['--task-cap', '0']);
    deps = fakeDeps({ settings: memorySettings({ thumbprint: THUMBPRINT }) });
  });
  afterAll(() => home[Symbol.asyncDispose]());

  async function run(name: string, options: Record<string, string>, more: Partial<FakeDeps> = {}): Promise<string> {
    const command = restCommands.find((one) => one.name === name);
    const all = { server: server.url, apiKey: server.key, ...options };
    const values = new Values(new Map(Object.entries(all).map(([key, value]) => [key, [value]])));
    return (
      command?.run(values, { ...deps, ...more }, signal).then(
        () => 'done',
        (error: Error) => error.message,
      ) ?? 'no such command'
    );
  }
  async function workers(): Promise<readonly Record<string, unknown>[]> {
    const answer = await fetch(`${server.url}/api/Spaces-1/workers/all?thumbprint=${THUMBPRINT}`, {
      headers: { 'X-Octopus-ApiKey': server.key },
    });
    return (await answer.json()) as readonly Record<string, unknown>[]; // our server's own form
  }
  const web1 = { name: 'web-1', publicHostName: 'web-1.example', workerpool: 'default-worker-pool' };

  test('register-worker makes a listening worker and trusts the server', async () => {
    expect(await run('register-worker', web1)).toBe('done');
    const uri = 'https://web-1.example:10933/';
    const endpoint = { CommunicationStyle: 'TentaclePassive', Thumbprint: THUMBPRINT, Uri: uri };
    expect(await workers()).toMatchObject([{ Name: 'web-1', WorkerPoolIds: ['WorkerPools-1'], Endpoint: endpoint }]);
    const [trusted, ...others] = deps.settings.trusted;
    expect(others).toEqual([]);
    expect(trusted).toMatchObject({ style: 'TentaclePassive', address: null });
    expect(trusted?.thumbprint).toMatch(/^[0-9A-F]{40}$/);
  });
  test('a second time it wants --force, and with it moves the worker (R37)', async () => {
    expect(await run('register-worker', web1)).toContain("Use the 'force' parameter");
    expect(await run('register-worker', { ...web1, force: '', publicHostName: 'web-2' })).toBe('done');
    expect(await workers()).toMatchObject([{ Id: 'Workers-1', Endpoint: { Uri: 'https://web-2:10933/' } }]);
    expect(deps.settings.trusted).toHaveLength(1);
  });
  test('an unknown pool and a wrong key end without a worker (R38)', async () => {
    expect(await run('register-worker', { ...web1, name: 'w3', workerpool: 'Nope' })).toContain('slug or Id Nope');
    expect(await run('register-worker', { ...web1, name: 'w3', apiKey: 'API-WRONG' })).not.toBe('done');
    expect(await workers()).toHaveLength(1);
  });
  test('deregister-worker removes it, and then finds none (R42)', async () => {
    expect(await run('deregister-worker', {})).toBe('done');
    expect(await workers()).toEqual([]);
    expect(await run('deregister-worker', {})).toBe("No worker was found matching this Tentacle's thumbprint.");
  });
});
