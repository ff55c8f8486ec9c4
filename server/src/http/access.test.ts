import { SYSTEM_ACTOR } from '@octo/plane';
import { expect, test } from 'vitest';
import { openTestServer, type TestServer } from './plane.fixture.ts';
import { hashKey } from '../keys.ts';

const post = (payload: object) => ({ method: 'POST' as const, payload });
const put = (payload: object) => ({ method: 'PUT' as const, payload });

/** A user with a role in a space (or system-wide), and how they ask. */
async function user(server: TestServer, name: string, role?: string, space: string | null = 'Spaces-1') {
  const { body } = await server.ask('/api/users', post({ Username: name, Password: 'correct horse' }));
  if (role !== undefined) {
    const team = (await server.ask('/api/teams', post({ Name: `Team of ${name}`, MemberUserIds: [body.Id] }))).body;
    const wanted = { TeamId: team.Id, UserRoleId: role, SpaceId: space };
    await server.ask('/api/scopeduserroles', post(wanted));
  }
  const key = (await server.ask(`/api/users/${body.Id}/apikeys`, post({ Purpose: 'test' }))).body.ApiKey as string;
  const ask: TestServer['ask'] = (url, more = {}) =>
    server.ask(url, { ...more, headers: { ...more.headers, 'x-octopus-apikey': key } });
  return { id: body.Id as string, key, ask };
}
const ssh = (name: string) => ({
  Name: name,
  WorkerPoolIds: ['WorkerPools-1'],
  SkipInitialHealthCheck: true,
  Endpoint: { CommunicationStyle: 'Ssh', Host: 'h' },
});

test('a role in one space counts there and nowhere else; a refusal names what is missing (R230, R231)', async () => {
  const server = await openTestServer();
  await server.ask('/api/spaces', post({ Name: 'Other', SpaceManagersTeamMembers: ['Users-1'] }));
  const viewer = await user(server, 'viewer', 'userroles-environmentviewer');
  const manager = await user(server, 'manager', 'userroles-environmentmanager');
  expect((await viewer.ask('/api/Spaces-1/workers')).status).toBe(200);
  expect(await viewer.ask('/api/Spaces-1/workers', post(ssh('w')))).toMatchObject({
    status: 403,
    body: {
      ErrorMessage: expect.stringContaining('Missing permission: WorkerEdit or ConfigureServer in Spaces-1') as unknown,
      Details: { Code: 'OCTO_AUTH_PERMISSION' },
    },
  });
  expect((await manager.ask('/api/Spaces-1/workers', post(ssh('w')))).status).toBe(201);
  expect((await manager.ask('/api/Spaces-2/workers')).status).toBe(403);
  expect((await manager.ask('/api/spaces/all')).body.map((it: { Id: string }) => it.Id)).toEqual(['Spaces-1']);
  expect((await manager.ask('/api/users')).status).toBe(403);
  expect((await manager.ask('/api/featuresconfiguration', put({ IsBuiltInWorkerEnabled: false }))).status).toBe(403);
});

test('who has no role sees nothing but who they are', async () => {
  const server = await openTestServer();
  const nobody = await user(server, 'nobody');
  expect((await nobody.ask('/api/users/me')).body).toMatchObject({ Username: 'nobody' });
  expect((await nobody.ask('/api/spaces/all')).body).toEqual([]);
  expect((await nobody.ask(`/api/users/${nobody.id}/spaces`)).body).toEqual([]);
  for (const url of [
    '/api/tasks',
    '/api/workers',
    '/api/workerpools/all',
    '/api/events',
    '/api/users/Users-1',
    '/api/machinepolicies/all',
  ])
    expect({ url, status: (await nobody.ask(url)).status }).toEqual({ url, status: 403 });
  expect((await nobody.ask('/api/octo/runs', post({ actions: [] }))).status).toBe(403);
});

test('tasks are seen and cancelled where the role is; lists leave the others out', async () => {
  const server = await openTestServer();
  await server.ask('/api/spaces', post({ Name: 'Other', SpaceManagersTeamMembers: ['Users-1'] }));
  const script = { Name: 'AdHocScript', Arguments: { ScriptBody: 'true', Syntax: 'Bash' } };
  const [mine, theirs] = await Promise.all(
    ['Spaces-1', 'Spaces-2'].map(
      async (SpaceId) => (await server.ask('/api/tasks', post({ ...script, SpaceId }))).body.Id as string,
    ),
  );
  const deployer = await user(server, 'deployer', 'userroles-projectdeployer');
  expect((await deployer.ask('/api/tasks')).body.Items.map((it: { Id: string }) => it.Id)).toEqual([mine]);
  expect((await deployer.ask(`/api/tasks/${theirs}`)).status).toBe(403);
  expect((await deployer.ask(`/api/tasks/${theirs}/cancel`, post({}))).status).toBe(403);
  expect((await deployer.ask(`/api/octo/tasks/${theirs}/log`)).status).toBe(403);
  expect((await deployer.ask(`/api/tasks/${mine}/cancel`, post({}))).body.State).toBe('Canceled');
  expect((await deployer.ask('/api/tasks', post({ ...script, SpaceId: 'Spaces-2' }))).status).toBe(403);
});

test('nobody becomes more than they are by changing users, teams, keys or roles', async () => {
  const server = await openTestServer();
  const manager = await user(server, 'manager', 'userroles-systemmanager', null);
  const admins = (await server.ask('/api/teams/teams-administrators')).body;
  const refused = async (url: string, more: object) =>
    expect({ url, status: (await manager.ask(url, more)).status }).toEqual({ url, status: 403 });
  await refused('/api/teams/teams-administrators', put({ ...admins, MemberUserIds: ['Users-1', manager.id] }));
  await refused('/api/users/Users-1', put({ Username: 'admin', Password: 'taken over' }));
  await refused('/api/users/Users-1/apikeys', post({ Purpose: 'mine now' }));
  const own = (await server.ask('/api/teams/all')).body.find((it: { Name: string }) => it.Name === 'Team of manager');
  const more = { TeamId: own.Id, UserRoleId: 'userroles-systemadministrator', SpaceId: null };
  expect((await manager.ask('/api/scopeduserroles', post(more))).body.Details.Code).toBe('OCTO_ROLE_MORE');
  const me = (await manager.ask('/api/users/me')).body;
  expect((await manager.ask(`/api/users/${manager.id}`, put({ ...me, DisplayName: 'M' }))).body.DisplayName).toBe('M');
});

test('keys: shown once, stored as a hash, good until they expire or are revoked (R233)', async () => {
  const server = await openTestServer();
  const { id, key, ask } = await user(server, 'robot');
  expect(key).toMatch(/^API-[A-Z0-9]{26,}$/);
  const list = (await ask(`/api/users/${id}/apikeys`)).body.Items;
  expect(JSON.stringify(list)).not.toContain(key);
  expect(await server.plane.apiKeys.find(hashKey(key))).toMatchObject({ userId: id });
  const old = { userId: id, purpose: 'old', hint: 'API-OLD…', createdAtMs: 1 };
  await server.plane.apiKeys.add({ ...old, hash: hashKey('API-OLDOLDOLD'), expiresAtMs: server.plane.clock.now() });
  const expired = await server.ask('/api/users/me', { headers: { 'x-octopus-apikey': 'API-OLDOLDOLD' } });
  expect(expired).toMatchObject({ status: 401, body: { ErrorMessage: expect.stringContaining('expired') as unknown } });
  expect((await ask(`/api/users/${id}/apikeys`, post({ Purpose: 'p', Expires: '2001-01-01T00:00:00Z' }))).status).toBe(
    400,
  );
  await server.ask(`/api/users/${id}/apikeys/${list[0].Id}`, { method: 'DELETE' });
  expect((await ask('/api/users/me')).status).toBe(401);
});

test('a user who is switched off may not ask any more, by key or by cookie', async () => {
  const server = await openTestServer();
  const robot = await user(server, 'robot', 'userroles-spacemanager');
  const me = (await robot.ask('/api/users/me')).body;
  await server.ask(`/api/users/${robot.id}`, put({ ...me, IsActive: false }));
  expect((await robot.ask('/api/users/me')).status).toBe(401);
  const login = await server.app.inject({
    method: 'POST',
    url: '/api/users/login',
    payload: { Username: 'robot', Password: 'correct horse' },
  });
  expect(login.statusCode).toBe(401);
  expect((await server.ask('/api/users/Users-1', put({ Username: 'admin', IsActive: false }))).status).toBe(409);
});

test('sign-in by password: one cookie to be known by, one to prove that no other site asks (rest.md 1.3)', async () => {
  const server = await openTestServer();
  const { id } = await user(server, 'carla', 'userroles-spacemanager');
  const login = await server.app.inject({
    method: 'POST',
    url: '/api/users/login?returnUrl=%2F',
    payload: {
      Username: 'CARLA',
      Password: 'correct horse',
      RememberMe: false,
      State: { UsingSecureConnection: false },
    },
  });
  expect(login.statusCode).toBe(200);
  expect(login.json()).toMatchObject({ Id: id });
  const [session, csrf] = login.cookies;
  expect(session).toMatchObject({
    name: expect.stringMatching(/^OctopusIdentificationToken_/) as unknown,
    httpOnly: true,
    sameSite: 'Lax',
  });
  expect(login.cookies.filter((it) => it.name.startsWith('Octopus-Csrf-Token'))).toEqual([csrf]);
  const cookie = `${session!.name}=${session!.value}; ${csrf!.name}=${csrf!.value}`;
  const as = (method: 'GET' | 'POST', url: string, headers: object = {}) =>
    server.app.inject({
      method,
      url,
      headers: { cookie, ...headers },
      ...(method === 'POST' && { payload: { Name: 'P' } }),
    });
  expect((await as('GET', '/api/users/me')).json()).toMatchObject({ Username: 'carla' });
  expect((await as('POST', '/api/workerpools')).json().Details.Code).toBe('OCTO_AUTH_CSRF');
  expect((await as('POST', '/api/workerpools', { 'x-octopus-csrf-token': csrf!.value })).statusCode).toBe(201);
  const forged = `${session!.name}=${session!.value.slice(0, -2)}AA`;
  expect((await server.app.inject({ url: '/api/users/me', headers: { cookie: forged } })).statusCode).toBe(401);
  const me = (await server.ask(`/api/users/${id}`)).body;
  await server.ask(`/api/users/${id}`, put({ ...me, Password: 'another one' }));
  expect((await as('GET', '/api/users/me')).statusCode).toBe(401); // another password ends the sessions
});

test('too many failures from one address are not looked at any more', async () => {
  const server = await openTestServer();
  const bad = () => server.app.inject({ url: '/api/users/me', headers: { 'x-octopus-apikey': 'API-WRONG' } });
  for (let n = 0; n < 20; n++) expect((await bad()).statusCode).toBe(401);
  expect((await bad()).json().Details.Code).toBe('OCTO_AUTH_THROTTLED');
  expect((await bad()).statusCode).toBe(429);
  expect((await server.ask('/api/users/me')).status).toBe(200); // the local key needs no look
});

test('the audit says who changed what, from what to what, and never a secret (R235)', async () => {
  const server = await openTestServer();
  const editor = await user(server, 'editor', 'userroles-spacemanager');
  const agent = { 'user-agent': 'OctopusClient-dotnet/22.3' };
  const made = (await editor.ask('/api/workers', { ...post(ssh('web')), headers: agent })).body;
  await editor.ask(`/api/workers/${made.Id}`, put({ ...made, Name: 'web 2', IsDisabled: true }));
  await editor.ask('/api/accounts', post({ Name: 'a', AccountType: 'Token', Token: 'planted-secret' }));
  const { body } = await server.ask(`/api/events?regarding=${made.Id}`);
  expect(body.Items).toMatchObject([
    {
      Category: 'Modified',
      Username: 'editor',
      ChangeDetails: {
        Differences: expect.arrayContaining([
          { Path: '/Name', Before: 'web', After: 'web 2' },
          { Path: '/IsDisabled', Before: false, After: true },
        ]) as unknown,
      },
    },
    {
      Category: 'Created',
      UserAgent: agent['user-agent'],
      SpaceId: 'Spaces-1',
      IdentityEstablishedWith: expect.stringMatching(/^API key API-...…$/) as unknown,
    },
  ]);
  const all = await server.ask('/api/events?take=100');
  expect(all.text).not.toContain('planted-secret');
  expect(all.text).toContain('"Path":"/Token"');
  const viewer = await user(server, 'viewer', 'userroles-environmentviewer');
  expect((await viewer.ask('/api/events')).status).toBe(403);
  expect((await server.ask('/api/events?asCsv=true')).text).toMatch(/^Id,Occurred,Category/);
});

test('a system actor is no user', async () => {
  const server = await openTestServer();
  expect((await server.ask(`/api/users/${SYSTEM_ACTOR.userId}`)).status).toBe(404);
});
