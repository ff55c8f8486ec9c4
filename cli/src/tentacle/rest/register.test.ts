import { describe, expect, test } from 'vitest';
import { fakeDeps, memorySettings } from './deps.fixture.ts';
import { commsAddress } from './handshake.ts';
import { target, worker } from './machine-kinds.ts';
import { register, type RegisterOptions } from './register.ts';
import { openSite, page, siteOfAnswers } from './site.fixture.ts';
import { type Reply, type Stub } from './stub.fixture.ts';

const { signal } = new AbortController();
const pool = worker(['default-pool']);

async function fails(run: Promise<unknown>): Promise<{ kind: string; message: string }> {
  return run.then(
    () => ({ kind: 'none', message: '' }),
    (error: { kind: string; message: string }) => error,
  );
}
/** Registers w1 with a small server whose answers are changed so. */
async function withSite(
  options: RegisterOptions,
  changed: Record<string, Reply>,
  look: (stub: Stub, failure: { kind: string; message: string }, deps: ReturnType<typeof fakeDeps>) => void,
  kind = pool,
): Promise<void> {
  await using stub = await openSite({ ...siteOfAnswers(), ...changed });
  const deps = fakeDeps();
  const failure = await fails(register(kind, { server: stub.url, apiKey: 'K', name: 'w1', ...options }, deps, signal));
  look(stub, failure, deps);
}
const sent = (stub: Stub) => JSON.parse(stub.seen.find(({ method }) => method === 'POST')?.content ?? 'null') as object;

describe('before anything is sent (R39, halibut.md 9.3)', () => {
  const good = { server: 'http://127.0.0.1:1', apiKey: 'K' };
  test.each<[string, RegisterOptions, string]>([
    ['no server', { apiKey: 'K' }, 'specify a server'],
    ['no credentials', { server: good.server }, 'specify an API key'],
    ['two credentials', { ...good, bearerToken: 'T' }, 'not multiple.'],
    ['a user without password', { server: good.server, username: 'a' }, 'specify a password'],
    ['an unknown style', { ...good, commsStyle: 'Carrier' }, 'Please specify a valid communications style'],
    ['a proxy for polling', { ...good, commsStyle: 'tentacleactive', proxy: 'p' }, '--proxy can only be used'],
    ['both addresses', { ...good, serverWebSocket: 'wss://a', serverCommsAddress: 'https://a' }, 'not both'],
  ])('%s is the operator’s', async (_what, options, text) => {
    const { kind, message } = await fails(register(pool, options, fakeDeps(), signal));
    expect({ kind, message }).toEqual({ kind: 'KnownFailure', message: expect.stringContaining(text) as string });
  });
  test('no pool; no certificate', async () => {
    expect(await fails(register(worker([]), good, fakeDeps(), signal))).toMatchObject({ kind: 'KnownFailure' });
    const settings = { ...memorySettings(), thumbprint: undefined };
    const { message } = await fails(register(pool, good, fakeDeps({ settings }), signal));
    expect(message).toBe(
      'No certificate has been generated for this Tentacle. Please run the new-certificate command first.',
    );
  });
  test('a --server that is no address is a failure of exit code 100', async () => {
    expect(await fails(register(pool, { ...good, server: 'nowhere' }, fakeDeps(), signal))).toMatchObject({
      kind: 'RestFailure',
    });
  });
});

describe('the record (halibut.md 9.3.3, 9.3.5)', () => {
  test('the address is the public name in lower case and the configured port, else the option’s', async () => {
    await withSite({ publicHostName: 'Web-1' }, {}, (stub, { kind }) => {
      expect(kind).toBe('none');
      expect(sent(stub)).toMatchObject({ Endpoint: { Uri: 'https://web-1:10933/' } });
    });
    await withSite({ tentacleCommsPort: 1234 }, {}, (stub) =>
      expect(sent(stub)).toMatchObject({ Endpoint: { Uri: 'https://this-host:1234/' } }),
    );
  });
  test('an unknown policy or proxy fails with exit code 100 and writes nothing (R38)', async () => {
    const changed = { 'GET /api/Spaces-1/machinepolicies': { body: page([]) } };
    await withSite({ policy: 'Nope' }, changed, (stub, { kind, message }, { settings }) => {
      expect({ kind, message }).toMatchObject({
        kind: 'RestFailure',
        message: expect.stringContaining('Nope') as string,
      });
      expect(stub.asked.filter((line) => line.startsWith('POST'))).toEqual([]);
      expect(settings.trusted).toEqual([]);
    });
  });
  test('policy and proxy are found by name in any case, on any page', async () => {
    const changed = {
      'GET /api/Spaces-1/machinepolicies': { body: page([{ Id: 'MP-1', Name: 'One' }], '/api/Spaces-1/next') },
      'GET /api/Spaces-1/next': { body: page([{ Id: 'MP-2', Name: 'Two' }]) },
      'GET /api/Spaces-1/proxies': { body: page([{ Id: 'Proxies-1', Name: 'Via' }]) },
    };
    await withSite({ policy: ' TWO', proxy: 'via' }, changed, (stub) =>
      expect(sent(stub)).toMatchObject({ MachinePolicyId: 'MP-2', Endpoint: { ProxyId: 'Proxies-1' } }),
    );
  });
  test('a pool named twice is sent once; several unknown ones are named together, before anything is written (R38)', async () => {
    const both = worker(['DEFAULT-POOL', 'workerpools-1']);
    const changed = { 'GET /api/Spaces-1/workerpools?ids=workerpools-1': { body: page([{ Id: 'WorkerPools-1' }]) } };
    await withSite({}, changed, (stub) => expect(sent(stub)).toMatchObject({ WorkerPoolIds: ['WorkerPools-1'] }), both);
    const none = { 'GET /api/Spaces-1/workerpools?ids=a,b': { body: page([]) } };
    await withSite(
      {},
      none,
      (stub, { kind, message }) => {
        expect(kind).toBe('KnownFailure');
        expect(message).toContain('a, b');
        expect(stub.asked).not.toContain('POST /api/Spaces-1/workers');
      },
      worker(['a', 'b']),
    );
  });
  test('with --force the record keeps members that we do not know, and its policy (R37)', async () => {
    const existing = {
      Id: 'Workers-1',
      Name: ' W1',
      SpaceId: 'Spaces-1',
      MachinePolicyId: 'MP-9',
      Uri: 'old',
      New: 1,
      Links: { Self: '/api/Spaces-1/workers/Workers-1' },
    };
    const changed = { 'GET /api/Spaces-1/workers?name=w1': { body: page([existing]) } };
    await withSite({ force: true }, changed, (stub, { kind }) => {
      expect(kind).toBe('none');
      expect(stub.asked).toContain('POST(PUT) /api/Spaces-1/workers/Workers-1');
      expect(sent(stub)).toMatchObject({
        New: 1,
        MachinePolicyId: 'MP-9',
        Uri: 'old',
        Name: 'w1',
        Endpoint: { Uri: 'https://this-host:10933/' },
      });
    });
  });
  test('a record of another space is not touched', async () => {
    const changed = { 'GET /api/Spaces-1/workers?name=w1': { body: page([{ Name: 'w1', SpaceId: 'Spaces-2' }]) } };
    await withSite({ force: true }, changed, (_stub, { kind }) => expect(kind).toBe('RestFailure'));
  });
  test('an answer that does not say where the record is counts as a failure: nobody is trusted', async () => {
    const changed = { 'POST /api/Spaces-1/workers': { body: '' } };
    await withSite({}, changed, (_stub, { kind }, { settings }) => {
      expect(kind).toBe('RestFailure');
      expect(settings.trusted).toEqual([]);
    });
  });
  test('a server of major version 2 is too old, and 0 is a development build (9.3.1)', async () => {
    const root = siteOfAnswers()['GET /api']?.body as object;
    await withSite({}, { 'GET /api': { body: { ...root, Version: '2.6.0' } } }, (_stub, { kind }) =>
      expect(kind).toBe('KnownFailure'),
    );
    await withSite({}, { 'GET /api': { body: { ...root, Version: '0.0.0-local' } } }, (_stub, { kind }) =>
      expect(kind).toBe('none'),
    );
  });
});

describe('deployment targets (halibut.md 9.5)', () => {
  const options = { roles: ['web'], tenants: [], tenantTags: [] };
  const all = '/api/Spaces-1/environments/v2?skip=0&take=2147483647';
  const items = [
    { Id: 'Environments-1', Name: 'Dev', Slug: 'dev' },
    { Id: 'Environments-2', Name: 'Prod', Slug: 'prod' },
  ];

  test('environments come from one list of all', async () => {
    const kind = target({ ...options, environments: ['DEV', 'environments-2'] });
    await withSite(
      {},
      { [`GET ${all}`]: { body: { Items: items } } },
      (stub, failure) => {
        expect(failure.message).toBe('');
        expect(sent(stub)).toMatchObject({
          EnvironmentIds: ['Environments-1', 'Environments-2'],
          Roles: ['web'],
          TenantedDeploymentParticipation: 'Untenanted',
          TenantIds: [],
          TenantTags: [],
        });
        expect(Object.keys(sent(stub)).slice(0, 6)).toEqual([
          'EnvironmentIds',
          'Roles',
          'TenantedDeploymentParticipation',
          'TenantIds',
          'TenantTags',
          'Name',
        ]);
      },
      kind,
    );
  });
  test('a server that has no such list is asked twice for pages of them', async () => {
    const kind = target({ ...options, environments: ['Dev'] });
    await withSite(
      {},
      { 'GET /api/Spaces-1/environments': { body: page(items) } },
      (stub, { kind: failed }) => {
        expect(failed).toBe('none');
        expect(stub.asked.filter((line) => line.includes('environments'))).toEqual([
          `GET ${all}`,
          'GET /api/Spaces-1/environments',
          'GET /api/Spaces-1/environments',
        ]);
      },
      kind,
    );
  });
});

describe('the communications address (R40)', () => {
  test.each<[string, string | undefined, number | undefined, string]>([
    ['http://octo/x', undefined, undefined, 'https://octo:10943'],
    ['http://octo:8080', undefined, undefined, 'https://octo:10943'],
    ['http://octo', 'http://comms:1', undefined, 'https://comms:1'],
    ['http://octo', 'https://comms:443/', undefined, 'https://comms:443'],
    ['http://octo', 'http://comms:1', 2, 'https://comms:2'],
    ['http://octo', 'http://[::1]', undefined, 'https://[::1]:10943'],
  ])('%s, %s, %s: %s', (server, address, port, wanted) => expect(commsAddress(server, address, port)).toBe(wanted));

  test.each(['host', 'host:1', 'https://comms:99999'])('%s is none', (address) => {
    expect(() => commsAddress('http://octo', address, undefined)).toThrow('no address');
  });
});
