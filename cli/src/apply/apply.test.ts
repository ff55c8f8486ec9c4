import { OCTOPUS_STYLES } from '@octo/api';
import { expect, test } from 'vitest';
import { expectSecrets } from './carry-out.ts';
import { type Current } from './model.ts';
import { planChanges, planText } from './plan.ts';
import { readDocument } from './read.ts';

const print = 'AB'.repeat(20);
const current: Current = {
  workerpools: [
    {
      Id: 'WorkerPools-1',
      SpaceId: 'Spaces-1',
      Name: 'Default Worker Pool',
      Slug: 'default-worker-pool',
      IsDefault: true,
    },
    { Id: 'WorkerPools-2', SpaceId: 'Spaces-1', Name: 'linux', Description: 'old', IsDefault: false },
  ],
  machinepolicies: [{ Id: 'MachinePolicies-1', SpaceId: 'Spaces-1', Name: 'Default Machine Policy', IsDefault: true }],
  accounts: [
    {
      Id: 'Accounts-1',
      SpaceId: 'Spaces-1',
      Name: 'key',
      AccountType: 'SshKeyPair',
      Username: 'me',
      PrivateKeyFile: { HasValue: true },
    },
  ],
  proxies: [],
  workers: [
    {
      Id: 'Workers-1',
      SpaceId: 'Spaces-1',
      Name: 'web-1',
      WorkerPoolIds: ['WorkerPools-2', 'WorkerPools-1'],
      MachinePolicyId: 'MachinePolicies-1',
      IsDisabled: false,
      Endpoint: { CommunicationStyle: 'TentaclePassive', Uri: 'https://web-1:10933/', Thumbprint: print },
    },
  ],
};
const same = {
  name: 'WEB-1',
  style: 'listening',
  pools: ['default-worker-pool', 'linux'],
  endpoint: { uri: 'https://web-1:10933/', thumbprint: print.toLowerCase() },
};
const plan = (content: unknown, more: Partial<{ prune: boolean; renewSecrets: boolean }> = {}) =>
  planChanges(readDocument(content, 'w.yaml', OCTOPUS_STYLES), current, { prune: false, renewSecrets: false, ...more });

test('what is there already, in whatever case and order, is no change', () => {
  const { Name: _, ...web } = { Name: '', ...same };
  expect(plan({ workers: [{ ...web, name: 'web-1' }] })).toEqual([]);
  expect(planText([])).toBe('nothing to change');
});

test('additions come before what names them; changes name each member with before and after', () => {
  const content = {
    workers: [
      { ...same, name: 'web-1', pools: ['new'], endpoint: { ...same.endpoint, uri: 'https://web-2:10933/' } },
      {
        name: 'b1',
        style: 'ssh',
        pools: ['linux'],
        policy: 'relaxed',
        endpoint: { host: 'b1', account: 'KEY', port: 2222 },
      },
    ],
    pools: [{ name: 'new' }, { name: 'linux', description: 'fresh' }],
    policies: [{ name: 'relaxed', 'connect-timeout': '2m', machineRpcCallRetryPolicy: { enabled: false } }],
  };
  const changes = plan(content);
  expect(changes.map((it) => `${it.action} ${it.name}`)).toEqual([
    'add relaxed',
    'add new',
    'change linux',
    'change web-1',
    'add b1',
  ]);
  expect(changes[0]?.wanted?.members).toEqual({
    Name: 'relaxed',
    ConnectionConnectTimeout: '00:02:00',
    MachineRpcCallRetryPolicy: { Enabled: false },
  });
  expect(planText(changes)).toBe(`+ machine policy relaxed
+ worker pool new
~ worker pool linux
    Description: old → fresh
~ worker web-1
    WorkerPoolIds: linux, Default Worker Pool → new
    Endpoint.Uri: https://web-1:10933/ → https://web-2:10933/
+ worker b1
3 to add, 2 to change, 0 to remove`);
  expect(changes[4]?.wanted?.members['Endpoint']).toMatchObject({ AccountId: 'key', Port: 2222 });
});

test('prune removes only kinds that the file has a list of, workers first, never a default or what the file uses', () => {
  expect(plan({ pools: [], workers: [] }, { prune: true }).map((it) => `${it.action} ${it.name}`)).toEqual([
    'remove web-1',
    'remove linux',
  ]);
  expect(plan({ policies: [] }, { prune: true })).toEqual([]);
  expect(plan({ pools: [], workers: [{ ...same, name: 'web-1' }] }, { prune: true })).toEqual([]);
  expect(plan({ pools: [], workers: [] })).toEqual([]);
});

test('a kept secret is not compared, unless it is to be renewed', () => {
  const content = { accounts: [{ name: 'key', type: 'ssh-key', username: 'me', privateKeyFile: { env: 'KEY' } }] };
  expect(plan(content)).toEqual([]);
  expect(plan(content, { renewSecrets: true })).toMatchObject([
    { action: 'change', differences: [{ path: 'PrivateKeyFile', before: '***', after: '***' }] },
  ]);
});

test('a secret that cannot be read is told before anything is changed', async () => {
  const proxies = [{ name: 'dmz', host: 'h', password: { env: 'NOBODY_HAS_SET_THIS' } }];
  const changes = plan({ pools: [{ name: 'first' }], proxies });
  expect(changes).toHaveLength(2);
  const place = { folder: '.', env: {} };
  await expect(expectSecrets(changes, place)).rejects.toMatchObject({ code: 'OCTO_CLI_SECRET' });
  await expectSecrets(changes, { ...place, env: { NOBODY_HAS_SET_THIS: 'x' } });
});

test('names that nothing has are told with the nearest, all at once', () => {
  const content = { workers: [{ ...same, name: 'w', pools: ['linus'], policy: 'zzz' }] };
  expect(() => plan(content)).toThrow(
    'workers[0].pools[0]: there is no worker pool "linus"; did you mean "linux"?; workers[0].policy: there is no machine policy "zzz"',
  );
});

test.each<[string, unknown, string]>([
  ['no map', 'x', 'it holds no lists; write policies, proxies, accounts, pools, workers'],
  ['an unknown list', { worker: [] }, 'worker: is not known; did you mean workers?'],
  ['no list', { pools: {} }, 'pools: is a list'],
  ['no name', { pools: [{}] }, 'pools[0].name: is missing'],
  ['twice', { pools: [{ name: 'a' }, { name: 'A' }] }, 'pools[1].name: "A" stands in pools[0] already'],
  ['no pools', { workers: [{ ...same, pools: [] }] }, 'workers[0].pools: is a list of one or more pools'],
  [
    'unknown style',
    { workers: [{ ...same, style: 'sssh' }] },
    'workers[0].endpoint: there is no style of workers "sssh"',
  ],
  ['missing member', { workers: [{ ...same, endpoint: { uri: 'x' } }] }, 'workers[0].endpoint.thumbprint: is missing'],
  [
    'foreign member',
    { workers: [{ ...same, endpoint: { host: 'x' } }] },
    'workers[0].endpoint: --host is no flag of style listening',
  ],
  ['misspelt', { workers: [{ ...same, polices: 'x' }] }, 'workers[0].polices: is not known; did you mean'],
  [
    'a secret itself',
    { accounts: [{ name: 'a', type: 'token', token: 'x' }] },
    'accounts[0].token: is a secret: write {file',
  ],
  [
    'a bad duration',
    { policies: [{ name: 'a', 'connect-timeout': 'soon' }] },
    'policies[0]: --connect-timeout "soon" is no duration',
  ],
])('%s is refused with its place in the file', (_, content, message) => {
  expect(() => readDocument(content, 'w.yaml', OCTOPUS_STYLES)).toThrow(message);
});
