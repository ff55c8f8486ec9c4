import { expect, test } from 'vitest';
import { openTestServer } from './plane.fixture.ts';

const post = (payload: object) => ({ method: 'POST' as const, payload });
const put = (payload: object, headers: Record<string, string> = {}) => ({ method: 'PUT' as const, payload, headers });
const gone = { method: 'DELETE' as const };
const listening = {
  Name: ' web-7 ',
  WorkerPoolIds: ['WorkerPools-1'],
  SkipInitialHealthCheck: true,
  Endpoint: { CommunicationStyle: 'TentaclePassive', Uri: 'https://web-7:10933/', Thumbprint: 'ab'.repeat(20) },
};

test('a worker goes round as it came: unknown members, too, whatever the case of their names (R28, rest.md 1.5)', async () => {
  const { ask } = await openTestServer();
  const { CommunicationStyle, Uri, Thumbprint } = listening.Endpoint;
  const endpoint = {
    communicationstyle: CommunicationStyle,
    uri: Uri,
    THUMBPRINT: Thumbprint,
    OwnMember: { deep: [1] },
    Id: null,
    Links: {},
  };
  const made = await ask(
    '/api/workers',
    post({ ...listening, endpoint, Endpoint: undefined, Strange: { kept: true }, Status: 'Online' }),
  );
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    Name: 'web-7',
    Slug: 'web-7',
    MachinePolicyId: 'MachinePolicies-1',
    HealthStatus: 'Unknown',
    Status: 'Unknown',
    Strange: { kept: true },
    Thumbprint: 'AB'.repeat(20),
    Endpoint: { OwnMember: { deep: [1] }, Uri: 'https://web-7:10933/' },
  });
  expect((await ask(made.body.Links.Self)).body).toEqual(made.body);
  expect((await ask('/api/workers/all')).body).toEqual([made.body]);
  const { Strange: _, ...without } = made.body;
  const changed = (await ask(made.body.Links.Self, put({ ...without, IsDisabled: true }))).body;
  expect(changed).toMatchObject({ Id: made.body.Id, IsDisabled: true, Status: 'Disabled' });
  expect(changed).not.toHaveProperty('Strange');
  expect((await ask(made.body.Links.Self, gone)).status).toBe(200);
  expect((await ask(made.body.Links.Self)).status).toBe(404);
});

test.each([
  ['no name', { Name: '' }, 400],
  ['no pool (R27)', { WorkerPoolIds: [] }, 400],
  ['an unknown pool, by its name', { WorkerPoolIds: ['WorkerPools-1', 'Nope'] }, 400],
  ['an unknown policy', { MachinePolicyId: 'Nope' }, 400],
  ['the style of a cloud region (R32)', { Endpoint: { CommunicationStyle: 'None' } }, 400],
  ['an unknown style', { Endpoint: { CommunicationStyle: 'Pigeon' } }, 400],
  ['a short thumbprint', { Endpoint: { ...listening.Endpoint, Thumbprint: 'AB' } }, 400],
  [
    'a polling address with another scheme',
    { Endpoint: { ...listening.Endpoint, CommunicationStyle: 'TentacleActive' } },
    400,
  ],
  ['an unknown account', { Endpoint: { CommunicationStyle: 'Ssh', Host: 'h', AccountId: 'Accounts-9' } }, 400],
  ['no host', { Endpoint: { CommunicationStyle: 'Ssh', Host: ' ' } }, 400],
  ['no endpoint', { Endpoint: null }, 400],
])('a worker with %s is refused, and nothing is kept', async (_what, fault, status) => {
  const { ask } = await openTestServer();
  const answer = await ask('/api/workers', post({ ...listening, ...fault }));
  expect(answer).toMatchObject({
    status,
    body: { Errors: [expect.any(String)], Details: { Code: expect.stringMatching(/^OCTO_/) as unknown } },
  });
  expect((await ask('/api/workers/all')).body).toEqual([]);
});

test('a style that no plugin speaks is kept, and says what is missing', async () => {
  const { ask } = await openTestServer();
  const { body } = await ask(
    '/api/workers',
    post({ ...listening, Endpoint: { CommunicationStyle: 'KubernetesTentacle' } }),
  );
  const because = expect.stringContaining('No loaded plugin speaks KubernetesTentacle') as unknown;
  expect(body).toMatchObject({ StatusSummary: because, Thumbprint: null });
});

test('an address is made of host and port of an SSH machine', async () => {
  const { ask } = await openTestServer();
  const at = { CommunicationStyle: 'Ssh', Host: 'h' };
  const { body } = await ask('/api/workers', post({ ...listening, Endpoint: at }));
  expect(body).toMatchObject({
    Endpoint: { Port: 22, Uri: 'ssh://h:22/' },
    Uri: 'ssh://h:22/',
    Thumbprint: null,
  });
});

test('a new worker gets a connectivity check, unless it asks for none (R87, R88)', async () => {
  const { ask } = await openTestServer();
  await ask('/api/workers', post({ ...listening, SkipInitialHealthCheck: false }));
  await ask('/api/workers', post({ ...listening, Name: 'quiet' }));
  expect((await ask('/api/tasks?name=Health')).body.Items).toMatchObject([
    { Description: 'Check web-7, which was added' },
  ]);
});

test('pools: whether workers can be added is computed, the type stays, the order names all (rest.md 2.4, R46)', async () => {
  const { ask } = await openTestServer();
  const made = (
    await ask(
      '/api/workerpools',
      post({ Name: 'Linux', CanAddWorkers: false, WorkerPoolType: 'StaticWorkerPool', Strange: 1 }),
    )
  ).body;
  expect(made).toMatchObject({ CanAddWorkers: true, Strange: 1, IsDefault: false });
  expect((await ask(made.Links.Self, put({ ...made, WorkerPoolType: 'DynamicWorkerPool' }))).status).toBe(400);
  expect((await ask('/api/workerpools', post({ Name: ' LINUX ' }))).status).toBe(409);
  expect(
    (await ask('/api/workerpools/sortorder', { ...put([made.Id]), payload: [made.Id] as unknown as object })).status,
  ).toBe(400);
  const order = [made.Id, 'WorkerPools-1'];
  expect((await ask('/api/workerpools/sortorder', { method: 'PUT', payload: order as unknown as object })).status).toBe(
    200,
  );
  expect((await ask('/api/workerpools/all')).body.map((it: { Id: string }) => it.Id)).toEqual(order);
  expect((await ask('/api/workerpools/WorkerPools-1', gone)).status).toBe(400);
  const now = (await ask(made.Links.Self, put({ ...made, IsDefault: true }))).body;
  expect(now.IsDefault).toBe(true);
  expect((await ask('/api/workerpools/WorkerPools-1')).body.IsDefault).toBe(false);
  expect((await ask('/api/workerpools/WorkerPools-1', gone)).status).toBe(200);
});

test('the summary counts by health and style, over all and in each pool (R107)', async () => {
  const { ask } = await openTestServer();
  await ask('/api/workers', post(listening));
  await ask(
    '/api/workers',
    post({ ...listening, Name: 'off', IsDisabled: true, Endpoint: { CommunicationStyle: 'Ssh', Host: 'h' } }),
  );
  expect((await ask('/api/workerpools/summary')).body).toMatchObject({
    TotalMachines: 2,
    TotalDisabledMachines: 1,
    MachineHealthStatusSummaries: { Unknown: 2, Healthy: 0 },
    MachineEndpointSummaries: { TentaclePassive: 1, Ssh: 1 },
    WorkerPoolSummaries: [{ WorkerPool: { Name: 'Default Worker Pool' }, TotalMachines: 2 }],
  });
});

test('a machine policy has every member with its default; there is one default policy (R108–R124)', async () => {
  const { ask } = await openTestServer();
  const [standard] = (await ask('/api/machinepolicies/all')).body;
  expect(standard).toMatchObject({
    Name: 'Default Machine Policy',
    IsDefault: true,
    ConnectionConnectTimeout: '00:01:00',
    MachineHealthCheckPolicy: {
      HealthCheckInterval: '01:00:00',
      BashHealthCheckPolicy: { RunType: 'Inline', ScriptBody: null },
      PowerShellHealthCheckPolicy: { RunType: 'Inline', ScriptBody: expect.stringContaining('5GB') as string },
    },
    MachineRpcCallRetryPolicy: { RetryDuration: '00:02:30' },
  });
  expect((await ask('/api/machinepolicies/template')).body).toMatchObject({ ConnectionRetryCountLimit: 5 });
  const own = (
    await ask('/api/machinepolicies', post({ Name: 'Patient', ConnectionConnectTimeout: '00:05:00', IsDefault: true }))
  ).body;
  expect(
    (await ask('/api/machinepolicies/all')).body.filter((it: { IsDefault: boolean }) => it.IsDefault),
  ).toMatchObject([{ Name: 'Patient' }]);
  expect((await ask(own.Links.Self, put({ ...own, IsDefault: false }))).status).toBe(400);
  expect((await ask(own.Links.Self, gone)).status).toBe(400);
  expect((await ask('/api/machinepolicies', post({ Name: 'x', ConnectionConnectTimeout: 'soon' }))).status).toBe(400);
  const worker = (await ask('/api/workers', post({ ...listening, MachinePolicyId: standard.Id }))).body;
  expect((await ask(standard.Links.Self, gone)).body.ErrorMessage).toContain('web-7');
  await ask(worker.Links.Self, gone);
  expect((await ask(standard.Links.Self, gone)).status).toBe(200);
});

test('secrets are written and never read: kept, set and cleared as the wire says (rest.md 1.5)', async () => {
  const { ask, plane } = await openTestServer();
  const key = {
    Name: 'k',
    AccountType: 'SshKeyPair',
    Username: 'u',
    PrivateKeyFile: { HasValue: true, NewValue: 'planted-key' },
  };
  const made = (await ask('/api/accounts', post({ ...key, PrivateKeyPassphrase: 'planted-phrase' }))).body;
  expect(made).toMatchObject({
    PrivateKeyFile: { HasValue: true, NewValue: null },
    PrivateKeyPassphrase: { HasValue: true, NewValue: null },
  });
  expect(made).not.toHaveProperty('Password');
  const kept = (
    await ask(
      made.Links.Self,
      put({ ...made, Username: 'v', PrivateKeyPassphrase: { HasValue: false, NewValue: null } }),
    )
  ).body;
  expect(kept).toMatchObject({
    Username: 'v',
    PrivateKeyFile: { HasValue: true },
    PrivateKeyPassphrase: { HasValue: false },
  });
  expect(await plane.documents.secretsOf('accounts', made.Id)).toEqual({ PrivateKeyFile: 'planted-key' });
  expect((await ask('/api/accounts', post({ ...key, Name: 'n', Username: undefined }))).status).toBe(400);
  expect((await ask('/api/accounts', post({ Name: 'n', AccountType: 'Magic' }))).status).toBe(400);
  expect((await ask('/api/accounts?accountType=SshKeyPair')).body.TotalResults).toBe(1);
  expect((await ask('/api/accounts?accountType=Token')).body.TotalResults).toBe(0);
});

test('If-Match refuses a change of what somebody else has changed meanwhile', async () => {
  const { ask } = await openTestServer();
  const { body } = await ask('/api/proxies', post({ Name: 'p', Host: 'h' }));
  const first = await ask(body.Links.Self);
  expect(first.headers['etag']).toBe('"1"');
  const second = await ask(body.Links.Self, put({ ...body, Port: 81 }, { 'if-match': '"1"' }));
  expect(second.headers['etag']).toBe('"2"');
  const late = await ask(body.Links.Self, put({ ...body, Port: 82 }, { 'if-match': '"1"' }));
  expect(late).toMatchObject({ status: 412, body: { Details: { Code: 'OCTO_API_PRECONDITION' } } });
  expect((await ask(body.Links.Self)).body.Port).toBe(81);
});

test('tasks by hand: a script in each place, a check, what cannot be; repeated; another end (R205, R94, R217)', async () => {
  const { ask, plane } = await openTestServer();
  const worker = (await ask('/api/workers', post(listening))).body;
  const script = (more: object) =>
    ask('/api/tasks', post({ Name: 'AdHocScript', Arguments: { ScriptBody: 'true', Syntax: 'Bash', ...more } }));
  const onWorker = await script({ TargetType: 'Workers', WorkerIds: [worker.Id] });
  expect(onWorker.status).toBe(201);
  expect((await plane.tasks.request(onWorker.body.Id)).actions).toMatchObject([
    { name: 'Run a script on web-7', workerId: worker.Id },
  ]);
  const inPool = (await script({ TargetType: 'WorkerPools', workerPoolIds: ['WorkerPools-1'] })).body;
  expect((await plane.tasks.request(inPool.Id)).actions).toMatchObject([{ pool: 'WorkerPools-1' }]);
  for (const fault of [
    { ScriptBody: ' ' },
    { TargetType: 'Workers', WorkerIds: ['Workers-9'] },
    { TargetType: 'Environments' },
  ])
    expect((await script(fault)).status).toBe(400);
  expect((await ask('/api/tasks', post({ Name: 'Backup' }))).body.Details.Code).toBe('OCTO_TASK_TYPE');
  const check = (await ask('/api/tasks', post({ Name: 'Health', Arguments: { MachineIds: [worker.Id] } }))).body;
  expect((await plane.tasks.request(check.Id)).health).toEqual({ workerIds: [worker.Id], isManual: true });
  expect((await ask(`/api/tasks/${check.Id}/queued-behind`)).body.TotalResults).toBe(2);
  expect((await ask(`/api/tasks/${check.Id}/rerun`, post({}))).status).toBe(409);
  expect((await ask(`/api/tasks/${check.Id}/state`, post({ state: 'Success' }))).status).toBe(409);
  await ask(`/api/tasks/${check.Id}/cancel`, post({}));
  expect((await ask(`/api/tasks/${check.Id}/rerun`, post({}))).body).toMatchObject({ Name: 'Health', State: 'Queued' });
  const set = await ask(`/api/tasks/${check.Id}/state`, post({ state: 'Success', reason: 'looked at it' }));
  expect(set.body).toMatchObject({ State: 'Success', FinishedSuccessfully: true });
  expect((await ask(`/api/events?regarding=${check.Id}`)).body.Items[0].Message).toContain('looked at it');
});

test("the server's identity towards agents is one certificate, the same at every look (rest.md 2.2)", async () => {
  const { ask } = await openTestServer();
  const at = '/api/configuration/certificates/certificate-global';
  const [first, second] = [await ask(at), await ask(at)];
  expect(first.body).toMatchObject({
    Id: 'certificate-global',
    Thumbprint: expect.stringMatching(/^[0-9A-F]{40}$/) as unknown,
  });
  expect(second.body).toEqual(first.body);
  expect((await ask(`${at}/public-cer`)).headers['content-type']).toBe('application/pkix-cert');
  expect(JSON.stringify(await ask('/api/events?take=99'))).not.toContain('PRIVATE KEY');
});

test('the switch of the built-in worker is in the features, and audited (R12)', async () => {
  const { ask } = await openTestServer();
  expect((await ask('/api/featuresconfiguration')).body.IsBuiltInWorkerEnabled).toBe(true);
  expect(
    (await ask('/api/featuresconfiguration', put({ isBuiltInWorkerEnabled: false }))).body.IsBuiltInWorkerEnabled,
  ).toBe(false);
  expect((await ask('/api/octo/settings')).body.IsBuiltInWorkerEnabled).toBe(false);
  expect((await ask('/api/events?regarding=features')).body.Items).toMatchObject([
    { Message: expect.stringContaining('switched off') as unknown },
  ]);
});
