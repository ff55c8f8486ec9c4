import { parseJoinToken } from '@octo/api';
import { expect, test } from 'vitest';
import { claim, enqueue, line, NODE, openTestServer, type Answer, type TestServer } from '../plane.fixture.ts';
import { bodyFaultOf, faultOf } from './answers.fixture.ts';
import { OPERATIONS } from './document.ts';

const THUMBPRINT = 'AB'.repeat(20);
const ssh = { CommunicationStyle: 'Ssh', Host: 'h', Fingerprint: 'SHA256:x', TheirMember: [1] };
const worker = { Name: 'w1', WorkerPoolIds: ['WorkerPools-1'], Endpoint: ssh, Theirs: { deep: 1 } };
const passive = { CommunicationStyle: 'TentaclePassive', Uri: 'https://h:10933/', Thumbprint: THUMBPRINT };

/** Made, read, changed and deleted one after the other. */
const COLLECTIONS: readonly (readonly [path: string, body: object])[] = [
  ['/api/machinepolicies', { Name: 'mine', MachineHealthCheckPolicy: { HealthCheckInterval: '00:30:00' }, Theirs: 1 }],
  ['/api/accounts', { Name: 'key', AccountType: 'SshKeyPair', Username: 'u', PrivateKeyFile: { NewValue: 'secret' } }],
  ['/api/accounts', { Name: 'token', AccountType: 'Token', Token: { HasValue: true, NewValue: 't' }, ClientId: '' }],
  ['/api/proxies', { Name: 'p', Host: 'proxy', Password: 'secret' }],
  ['/api/certificates', { Name: 'c', CertificateData: { NewValue: 'x' }, Password: null }],
  ['/api/teams', { Name: 't', MemberUserIds: ['Users-1'] }],
  ['/api/users', { Username: 'u', Password: 'secret enough', EmailAddress: 'u@example.org' }],
  ['/api/spaces', { Name: 's', SpaceManagersTeamMembers: ['Users-1'] }],
  ['/api/workerpools', { Name: 'wp', Description: 'd', Theirs: 1 }],
  ['/api/workers', worker],
  ['/api/workers', { ...worker, Name: 'w2', IsDisabled: true, Endpoint: passive }],
];

type Go = (request: string, payload?: object) => Promise<Answer>;

/** Asks in words: `GET /api/workers`. Every answer is a good one, and the names of the routes are kept. */
function goer({ app, ask }: TestServer, seen: Set<string>): Go {
  return async (request, payload) => {
    const [method = 'GET', url = ''] = request.split(' ');
    const answer = await ask(url, { method: method as 'GET', ...(payload && { payload }) }); // one of HTTP's
    expect([request, answer.status < 300, answer.text]).toEqual([request, true, answer.text]);
    if (answer.route === undefined) throw new Error(`${request} has no route`);
    seen.add(answer.route);
    const fault = payload && (await bodyFaultOf(app, answer.route, payload));
    expect(fault).toBeUndefined();
    return answer;
  };
}

async function collections(go: Go): Promise<void> {
  for (const [path, wanted] of COLLECTIONS) {
    const { body } = await go(`POST ${path}`, wanted);
    const at = `${path}/${body.Id}`;
    for (const list of [path, `${path}/all`]) await go(`GET ${list}`);
    const known = (await go(`GET ${at}`)).body;
    // a space goes only with its queue stopped; others keep that member as theirs
    await go(`PUT ${at}`, { ...known, Description: 'another', TaskQueueStopped: true });
    if (path === '/api/workers') for (const more of ['connection', 'tasks']) await go(`GET ${at}/${more}`);
    if (path === '/api/workers') await go('GET /api/octo/worker-conditions');
    if (path === '/api/workers') await go(`DELETE /api/octo/workers/${body.Id}/strays`);
    if (path === '/api/accounts') await go(`GET ${at}/usages`);
    await go(`DELETE ${at}`);
  }
  await go('PUT /api/workerpools/sortorder', ['WorkerPools-1']);
}

async function joining(go: Go): Promise<void> {
  const wanted = { WorkerPoolIds: ['WorkerPools-1'], ServerUrls: ['https://octo.example.com'], Count: 2 };
  const made = (await go('POST /api/octo/join-tokens', wanted)).body;
  const Token = parseJoinToken(made.Token).secret;
  const machine = { Name: 'joined', Thumbprint: THUMBPRINT, CommunicationStyle: 'TentaclePassive', Uri: passive.Uri };
  await go('POST /api/octo/join', { Token, ...machine });
  await go('GET /api/octo/join-tokens');
  await go(`DELETE ${made.Links.Self}`);
}

async function access(go: Go): Promise<void> {
  const team = (await go('POST /api/teams', { Name: 'team' })).body;
  const role = (await go('GET /api/userroles/all')).body[0];
  await go(`GET /api/userroles/${role.Id}`);
  const wanted = { TeamId: team.Id, UserRoleId: role.Id, SpaceId: 'Spaces-1' };
  const given = (await go('POST /api/scopeduserroles', wanted)).body;
  await go(`GET /api/teams/${team.Id}/scopeduserroles`);
  await go('GET /api/scopeduserroles');
  await go(`GET /api/scopeduserroles/${given.Id}`);
  await go(`DELETE /api/scopeduserroles/${given.Id}`);
  for (const of of ['spaces', 'teams', 'permissions', 'permissions/configuration']) await go(`GET /api/users/me/${of}`);
  for (const Expires of [null, '2100-01-01T00:00:00Z']) {
    const key = (await go('POST /api/users/me/apikeys', { Purpose: 'p', Expires })).body;
    await go('GET /api/users/me/apikeys');
    await go(`GET ${key.Links.Self}`);
    await go(`DELETE ${key.Links.Self}`);
  }
  await go('POST /api/users', { Username: 'someone', Password: 'secret enough' });
  await go('POST /api/users/login', { Username: 'someone', Password: 'secret enough' });
  await go('POST /api/authentication/checklogininitiated');
  await go('POST /api/users/logout');
}

async function tasks(go: Go, server: TestServer): Promise<void> {
  const wanted = { Name: 'AdHocScript', Arguments: { ScriptBody: 'echo', Syntax: 'Bash' } };
  const [first, second] = [(await go('POST /api/tasks', wanted)).body, (await go('POST /api/tasks', wanted)).body];
  await go(`GET /api/tasks/${second.Id}/queued-behind`);
  await held(server);
  for (const of of ['', '/details', '/raw']) await go(`GET /api/tasks/${first.Id}${of}`);
  for (const of of ['', '/explain', '/log']) await go(`GET /api/octo/tasks/${first.Id}${of}`);
  for (const { Id } of [first, second]) await go(`GET /api/octo/tasks/${Id}/explain`);
  await go('GET /api/workertaskleases');
  await go('GET /api/octo/artifacts/Artifacts-1');
  await go(`POST /api/tasks/${second.Id}/cancel`);
  await go(`POST /api/tasks/${second.Id}/state`, { State: 'Success', Reason: 'it was done by hand' });
  await go(`POST /api/tasks/${second.Id}/rerun`);
  await go(`POST /api/tasks/rerun/${second.Id}`);
  const actions = [{ Name: 'a', Type: 'Octopus.Script', Properties: {} }];
  await go('POST /api/octo/runs', { Actions: actions, TimeoutSeconds: 5 });
}

/** The oldest task at work: with a log, a run, an output, an artifact and a lease. */
async function held(server: TestServer): Promise<void> {
  const { plane } = server;
  const held = await claim(server);
  const [atMs, taskId] = [plane.clock.now(), held.taskId];
  const place = { workerId: 'Workers-1', workerName: 'w0', style: 'Ssh', endpoint: {} };
  const run = { taskId, action: 1, attempt: 1, key: 'k', kind: 'run', digest: 'd', ticket: 't', ...place } as const;
  await plane.journal.append(held, {
    lines: [line('hello'), line('oh', { category: 'Error' })],
    activities: [{ id: '1', name: 'Task', state: 'Running', startedAtMs: atMs, progress: 50, progressMessage: 'half' }],
    outputs: [{ action: 1, actionName: 'a', name: 'o', value: 'v', sensitive: true }],
    artifacts: [{ action: 1, name: 'r.txt', path: '/r.txt' }],
    runs: [{ ...run, state: 'started', cursor: '' }],
  });
  const over = 'the task ends as TimedOut';
  await plane.tasks.setWaiting(taskId, { for: 'a worker', sinceMs: atMs, untilMs: atMs + 1, whenOver: over });
  const content = { sizeBytes: 2, open: () => bytes() };
  await plane.artifacts.put(held, 'Artifacts-1', content, new AbortController().signal);
  const at = { takenAtMs: atMs, untilMs: atMs + 60_000, exclusive: true, nodeId: NODE };
  await plane.leases.take({ workerId: 'Workers-1', taskId, spaceId: 'Spaces-1', ...at });
}
async function* bytes() {
  yield new TextEncoder().encode('ok');
}

async function installation(go: Go, server: TestServer): Promise<void> {
  const node = { name: 'gone', kind: 'server', taskCap: 5, startedAtMs: 0, lastSeenMs: 0 } as const;
  await server.plane.nodes.register({ id: 'gone', ...node });
  for (const of of ['', '/details']) await go(`GET /api/octopusservernodes/gone${of}`);
  await go('PUT /api/octopusservernodes/gone', { MaxConcurrentTasks: 1 });
  await go('PUT /api/octo/nodes/gone', { TaskCap: 2 });
  await go('DELETE /api/octopusservernodes/gone');
  await go(`PUT /api/octo/nodes/${NODE}`, { TaskCap: 3 }); // then ping answers well
  await go('PUT /api/octo/settings', { IsBuiltInWorkerEnabled: false, ArtifactKeepDays: 0.5 });
  await go('PUT /api/featuresconfiguration', { IsBuiltInWorkerEnabled: true });
  for (const of of ['', '/public-cer']) await go(`GET /api/configuration/certificates/certificate-global${of}`);
  const [policy] = (await go('GET /api/machinepolicies/all')).body;
  for (const of of ['workers', 'machines']) await go(`GET /api/machinepolicies/${policy.Id}/${of}`);
  await go('GET /api/workerpools/WorkerPools-1/workers');
  await go('GET /api/configuration/feature-toggles?Name=x');
  await go('GET /api/Spaces-1');
  const events = (await go('GET /api/events')).body;
  await go(`GET /api/events/${events.Items[0].Id}`);
  await go('GET /api/events?asCsv=true');
}

test(
  'every route is answered well once, and as the document says; so are the bodies that it takes',
  { timeout: 60_000 },
  async () => {
    const server = await openTestServer({ living: true });
    const seen = new Set<string>();
    const go = goer(server, seen);
    await go('POST /api/workers', { ...worker, Name: 'w0' }); // one that stays, so that no list is empty
    await collections(go);
    await joining(go);
    await access(go);
    await tasks(go, server);
    await installation(go, server);
    const refused = ['GET /api/workers/discover'];
    for (const { method, url } of server.app.apiRoutes)
      if (method === 'GET' && !url.includes(':') && !refused.includes(`GET ${url}`)) await go(`GET ${url}`);
    const neverFound = Object.keys(OPERATIONS).filter(
      (it) => OPERATIONS[it]?.tag === 'Not in octo' && it.endsWith('/:id'),
    );
    expect(Object.keys(OPERATIONS).filter((it) => !seen.has(it))).toEqual([...refused, ...neverFound]);
  },
);

test('a failed task, and one that nobody asked for, keep to the document', async () => {
  const server = await openTestServer({ living: true });
  const { id } = await enqueue(server);
  const change = { errorCode: 'OCTO_X', errorMessage: 'it broke' };
  await server.plane.tasks.move(await claim(server), 'Failed', change, server.plane.clock.now());
  for (const of of ['', '/details']) expect((await server.ask(`/api/tasks/${id}${of}`)).status).toBe(200);
  expect((await server.ask(`/api/octo/tasks/${id}`)).body).toMatchObject({ ErrorCode: 'OCTO_X' });
  for (const url of ['/api/tasks/ServerTasks-99', '/api/nothing/here', '/api/Spaces-9/workers'])
    expect((await server.ask(url)).status).toBe(404);
  expect((await server.ask('/api/octopusservernodes/ping')).status).toBe(418);
  expect((await server.ask('/api/workers/discover')).status).toBe(400);
  expect((await server.ask('/api/workers', { headers: { 'x-octopus-apikey': 'API-NO' } })).status).toBe(401);
});

test('an answer that is not as the document says is told with its route', async () => {
  const { app } = await openTestServer();
  const answered = { method: 'GET', route: '/api/octo/settings', status: 200 };
  expect(await faultOf(app, { ...answered, body: { IsBuiltInWorkerEnabled: 'yes' } })).toBe(
    'GET /api/octo/settings 200: data/IsBuiltInWorkerEnabled must be boolean',
  );
  const unknown = 'GET /api/octo/settings 202: the document knows no such answer';
  expect(await faultOf(app, { ...answered, status: 202, body: {} })).toBe(unknown);
  expect(await bodyFaultOf(app, 'PUT /api/octo/settings', {})).toContain("must have required property 'IsBuiltIn");
});
