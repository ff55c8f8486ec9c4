import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { firstKey } from '../keys.ts';
import { enqueue, KEY, listen, openTestServer } from './plane.fixture.ts';

const json = { 'content-type': 'application/json' };

test.each(['/api', '/api/', '/API', '/api?x=1'])('%s is the root, without a key (rest.md 1.1, 1.9)', async (url) => {
  const { app } = await openTestServer();
  const answer = await app.inject({ url });
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(answer.json()).toMatchObject({
    Version: expect.stringMatching(/^20\d\d\.\d+\.\d+$/) as string,
    ApiVersion: '3.0.0',
    InstallationId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string,
    Links: { Self: '/api', SpaceHome: '/api/{spaceId}', Workers: expect.stringContaining('{/id}') as string },
  });
});

test.each(['/api/Spaces-1', '/api/spaces-1/', '/API/SPACES-1?x=1'])(
  '%s is the root of a space, without versions (rest.md 1.9)',
  async (url) => {
    const { ask } = await openTestServer();
    const { status, body } = await ask(url);
    expect({ status, names: Object.keys(body), id: body.Id }).toEqual({
      status: 200,
      names: ['Id', 'Links'],
      id: 'Spaces-1',
    });
  },
);

test.each([
  '/api/workerpools',
  '/api/Spaces-1/workerpools',
  '/api/spaces/Spaces-1/WORKERPOOLS',
  '/api/SPACES-1/workerpools/',
])('%s reaches the same handler (rest.md 1.1)', async (url) => {
  const { ask } = await openTestServer();
  const { status, body } = await ask(url);
  expect({ status, self: body.Links.Self }).toEqual({
    status: 200,
    self: '/api/Spaces-1/workerpools?skip=0&take=30',
  });
});

test.each(['/api/Spaces-9', '/api/Spaces-9/workers', '/api/spaces/Spaces-9/tasks', '/api/spaces/Spaces-9'])(
  '%s: a space that is not there finds nothing',
  async (url) => {
    const { ask } = await openTestServer();
    expect((await ask(url)).body.ErrorMessage).toBe("The resource 'Spaces-9' was not found.");
  },
);

test('without a key everything but the anonymous is 401, with an error body (rest.md 1.3)', async () => {
  const { app } = await openTestServer();
  for (const url of [
    '/api/spaces',
    '/api/users/me',
    '/api/Spaces-1',
    '/api/octo/nodes',
    '/api/octopusservernodes/ping',
  ])
    for (const headers of [{}, { 'x-octopus-apikey': '' }, { 'x-octopus-apikey': 'API-WRONG' }]) {
      const answer = await app.inject({ url, headers });
      expect({ url, status: answer.statusCode, body: answer.json() }).toMatchObject({
        status: 401,
        body: {
          Errors: [expect.any(String)],
          Details: { Code: expect.stringMatching(/^OCTO_AUTH_(MISSING|KEY)$/) as string },
        },
      });
    }
  for (const url of ['/api', '/api/serverstatus/health']) expect((await app.inject({ url })).statusCode).toBe(200);
});

test('a body is not even read without a key', async () => {
  const { app } = await openTestServer();
  const answer = await app.inject({ method: 'POST', url: '/api/octo/runs', headers: json, payload: 'no json' });
  expect(answer.statusCode).toBe(401);
});

test('a stored key opens, and is stored as its hash alone', async () => {
  const { app, plane } = await openTestServer();
  const key = await firstKey(plane.apiKeys, 0);
  const answer = await app.inject({ url: '/api/spaces', headers: { 'x-octopus-apikey': key ?? '' } });
  expect(key).toMatch(/^API-[A-Z0-9]{26,}$/);
  expect(answer.statusCode).toBe(200);
  expect(await plane.apiKeys.find(key ?? '')).toBeUndefined();
});

test('what is not served is 404 without Errors, for a client would take it for another fault (rest.md 1.6)', async () => {
  const { ask } = await openTestServer();
  for (const url of ['/api/nothing', '/api/tasks/ServerTasks-99999', '/api/workers/Workers-1', '/']) {
    const { status, body } = await ask(url);
    expect({ url, status }).toEqual({ url, status: 404 });
    expect(body).not.toHaveProperty('Errors');
    expect(body.ErrorMessage).toEqual(expect.any(String));
  }
});

test.each([
  ['text that is no JSON', json, '{"a":', 400, 'OCTO_API_JSON'],
  ['a body nested too deep', json, `${'['.repeat(100)}${']'.repeat(100)}`, 400, 'OCTO_API_DEPTH'],
  ['another type of content', { 'content-type': 'text/yaml' }, 'a: 1', 415, 'OCTO_API_REQUEST'],
  ['a body beyond 48 MiB', json, JSON.stringify('x'.repeat(48 * 1024 * 1024)), 413, 'OCTO_API_REQUEST'],
  ['a body that does not fit', json, '{"Actions":[]}', 400, 'OCTO_INPUT'],
  ['no body where one is needed', json, '', 400, 'OCTO_INPUT'],
])('%s is refused in the one form of errors (rest.md 1.6)', async (_, headers, payload, status, code) => {
  const { ask } = await openTestServer();
  const answer = await ask('/api/octo/runs', { method: 'POST', headers, payload });
  expect({ status: answer.status, code: answer.body.Details.Code }).toEqual({ status, code });
  expect(answer.body.Errors).toHaveLength(1);
});

test('an address that cannot be decoded is refused in the same form', async () => {
  const { ask } = await openTestServer();
  const { status, body } = await ask('/api/tasks/%E0%A4%A');
  expect({ status, code: body.Details.Code }).toEqual({ status: 400, code: 'OCTO_API_REQUEST' });
});

test('a fault of ours is logged, and tells the client nothing of itself', async () => {
  const { ask, plane } = await openTestServer();
  Object.assign(plane.spaces, { list: () => Promise.reject(new Error('disk I/O error at /secret/path')) });
  const { status, body, text } = await ask('/api/spaces');
  expect({ status, code: body.Details.Code }).toEqual({ status: 500, code: 'OCTO_BUG' });
  expect(text).not.toContain('secret');
});

test.each(['PUT', 'put'])('a POST that says %s is one (rest.md 1.4)', async (override) => {
  const { ask, plane } = await openTestServer();
  const more = { method: 'POST' as const, headers: { ...json, 'x-http-method-override': override } };
  const answer = await ask('/api/octo/settings', { ...more, payload: '{"isbuiltinWORKERenabled":false}' });
  expect(answer.body).toMatchObject({ IsBuiltInWorkerEnabled: false });
  expect(await plane.settings.get('builtInWorker.enabled', true)).toBe(false);
});

test('only a POST may be overridden', async () => {
  const { ask } = await openTestServer();
  const { status } = await ask('/api/octo/settings', { headers: { 'x-http-method-override': 'PUT' } });
  expect(status).toBe(200);
});

test.each([
  ['no body at all', {}, undefined],
  ['an empty body with a type', json, ''],
  ['an empty object', json, '{}'],
])('a cancel may come with %s, in all three forms of its path (rest.md 1.4, 2.10)', async (_, headers, payload) => {
  const server = await openTestServer();
  for (const at of ['/api', '/api/Spaces-1', '/api/spaces/Spaces-1']) {
    const { id } = await enqueue(server);
    const more = { method: 'POST' as const, headers, ...(payload !== undefined && { payload }) };
    const { status, body } = await server.ask(`${at}/tasks/${id.toLowerCase()}/cancel`, more);
    expect({ status, id: body.Id, state: body.State }).toEqual({ status: 200, id, state: 'Canceled' });
  }
});

test('a chunked body is read like any other (rest.md 1.4)', async () => {
  const { app } = await openTestServer();
  const { port } = new URL((await listen(app)).url);
  const head = `PUT /api/octo/settings HTTP/1.1\r\nHost: x\r\nX-Octopus-ApiKey: ${KEY}\r\nConnection: close\r\n`;
  const chunk = '20\r\n{"IsBuiltInWorkerEnabled":false}\r\n0\r\n\r\n';
  const socket = connect(Number(port), '127.0.0.1');
  socket.end(`${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`);
  let answer = '';
  for await (const bytes of socket) answer += String(bytes);
  expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*\{"IsBuiltInWorkerEnabled":false,"ArtifactKeepDays":30\}/);
});

test('connections stay open for a client between its requests (rest.md 1.4)', async () => {
  const { app } = await openTestServer();
  expect(app.server.keepAliveTimeout).toBeGreaterThanOrEqual(65_000);
  expect(app.server.requestTimeout).toBeLessThanOrEqual(300_000);
  expect(app.server.timeout).toBeGreaterThan(30_000); // a long poll is silent for so long
});
