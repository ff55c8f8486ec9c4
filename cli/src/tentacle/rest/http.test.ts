import { describe, expect, test } from 'vitest';
import { HttpClient, type HttpOptions } from './http.ts';
import { Stub, type Reply } from './stub.fixture.ts';

const { signal } = new AbortController();

function client(server: string, more: Partial<HttpOptions> = {}): HttpClient {
  return new HttpClient({
    server,
    credentials: { kind: 'api-key', key: 'API-X' },
    userAgent: 'test',
    ignoreSslErrors: false,
    proxyFor: () => undefined,
    warn: () => {},
    ...more,
  });
}
const always = (reply: Reply) => () => reply;

describe('requests (halibut.md 9.3.2)', () => {
  test('a GET has exactly the headers of Octopus.Client', async () => {
    await using stub = await Stub.open(always({ body: { a: 1 } }));
    expect(await client(stub.url).get('/api', {}, signal)).toEqual({ a: 1 });
    const host = `127.0.0.1:${stub.port}`;
    expect(stub.seen[0]?.headers).toEqual({
      host,
      accept: 'application/json',
      'user-agent': 'test',
      'x-octopus-apikey': 'API-X',
    });
  });
  test('a bearer token goes as Authorization', async () => {
    await using stub = await Stub.open(always({ body: {} }));
    await client(stub.url, { credentials: { kind: 'bearer', token: 'T' } }).get('/api', {}, signal);
    expect(stub.seen[0]?.headers).toMatchObject({ authorization: 'Bearer T' });
    expect(stub.seen[0]?.headers).not.toHaveProperty('x-octopus-apikey');
  });
  test('a body is indented JSON in UTF-8 with its length', async () => {
    await using stub = await Stub.open(always({ status: 201, body: {} }));
    await client(stub.url).post('/api/x{/id}', { Name: 'ä' }, signal);
    expect(stub.seen[0]).toMatchObject({
      method: 'POST',
      path: '/api/x',
      content: '{\n  "Name": "ä"\n}',
      headers: { 'content-type': 'application/json; charset=utf-8', 'content-length': '18' },
    });
  });
  test('PUT and DELETE are POST with an override; DELETE says length 0 and no type', async () => {
    await using stub = await Stub.open(always({ body: '' }));
    await client(stub.url).put('/api/x', {}, signal);
    expect(await client(stub.url).delete('/api/x', signal)).toBeNull();
    expect(stub.asked).toEqual(['POST(PUT) /api/x', 'POST(DELETE) /api/x']);
    expect(stub.seen[1]?.headers).toMatchObject({ 'content-length': '0' });
    expect(stub.seen[1]?.headers).not.toHaveProperty('content-type');
  });
});

describe('answers (halibut.md 9.3.2)', () => {
  test.each([400, 409])('%i is the operator’s: the message, an empty line and each error', async (status) => {
    await using stub = await Stub.open(always({ status, body: { ErrorMessage: 'No.', Errors: ['One', 'Two'] } }));
    const error = await client(stub.url)
      .get('/api', {}, signal)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ kind: 'KnownFailure', message: 'No.\n\n - One\n - Two' });
  });
  test.each([401, 403, 404, 405, 500, 503])('%i is a failure with the message of the server', async (status) => {
    await using stub = await Stub.open(always({ status, body: { ErrorMessage: 'No.' } }));
    const error = await client(stub.url)
      .get('/api', {}, signal)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ kind: 'RestFailure', code: 'OCTO_REGISTER_STATUS', message: 'No.', status });
  });
  test('what is not JSON is quoted', async () => {
    await using stub = await Stub.open(always({ body: '<html>' }));
    await expect(client(stub.url).get('/api', {}, signal)).rejects.toThrow('not JSON: <html>');
  });
  test('a GET follows redirects on the same host, with its key', async () => {
    await using stub = await Stub.open(({ path }) =>
      path === '/api' ? { status: 302, headers: { Location: '/octo/api' }, body: '' } : { body: 1 },
    );
    expect(await client(stub.url).get('/api', {}, signal)).toBe(1);
    expect(stub.seen[1]).toMatchObject({ path: '/octo/api', headers: { 'x-octopus-apikey': 'API-X' } });
  });
  test.each(['http://localhost:1/api', '/api'])('a redirect to %s ends: another host, or in a circle', async (to) => {
    await using stub = await Stub.open(always({ status: 302, headers: { Location: to }, body: '' }));
    await expect(client(stub.url).get('/api', {}, signal)).rejects.toMatchObject({ code: 'OCTO_REGISTER_REDIRECT' });
  });
  test('a POST follows none', async () => {
    await using stub = await Stub.open(always({ status: 307, headers: { Location: '/x' }, body: '' }));
    await expect(client(stub.url).post('/api', {}, signal)).rejects.toMatchObject({ code: 'OCTO_REGISTER_REDIRECT' });
  });
  test('a link to another server is not followed', async () => {
    await expect(client('http://host').get('http://evil/api', {}, signal)).rejects.toMatchObject({
      code: 'OCTO_REGISTER_REDIRECT',
    });
  });
  test('an abort is no failure of the server', async () => {
    await using stub = await Stub.open(always({ body: 1 }));
    const aborted = AbortSignal.abort(new Error('interrupted'));
    await expect(client(stub.url).get('/api', {}, aborted)).rejects.toThrow('interrupted');
    expect(stub.asked).toEqual([]);
  });
});

describe('sign-in with a password (halibut.md 9.3.4)', () => {
  const credentials = { kind: 'password', username: 'admin', password: 'pw' } as const;
  const cookies = ['OctopusIdentificationToken_x=ID; path=/; httponly', 'Octopus-Csrf-Token_x=C%2B1; path=/'];

  test('later requests, GETs included, carry the cookies and the CSRF header', async () => {
    await using stub = await Stub.open(({ method }) =>
      method === 'POST' ? { headers: { 'Set-Cookie': cookies }, body: {} } : { body: {} },
    );
    const http = client(stub.url, { credentials });
    await http.signIn('/api/users/login{?returnUrl}', credentials, signal);
    await http.get('/api', {}, signal);
    expect(JSON.parse(stub.seen[0]?.content ?? '')).toEqual({
      Username: 'admin',
      Password: 'pw',
      RememberMe: false,
      State: { UsingSecureConnection: false },
    });
    expect(stub.seen[1]?.headers).toMatchObject({
      cookie: 'OctopusIdentificationToken_x=ID; Octopus-Csrf-Token_x=C%2B1',
      'x-octopus-csrf-token': 'C%2B1',
    });
  });
  test('without exactly one CSRF cookie it fails', async () => {
    await using stub = await Stub.open(always({ body: {} }));
    await expect(client(stub.url).signIn('/login', credentials, signal)).rejects.toThrow('set 0 cookies');
  });
});

describe('proxies', () => {
  const login = { username: 'u', password: 'p' };
  test('http goes in absolute form, with the login for the proxy', async () => {
    await using stub = await Stub.open(always({ body: 1 }));
    const proxyFor = () => ({ host: '127.0.0.1', port: stub.port, ...login });
    expect(await client('http://octo.invalid', { proxyFor }).get('/api', {}, signal)).toBe(1);
    expect(stub.seen[0]).toMatchObject({
      path: 'http://octo.invalid/api',
      headers: { host: 'octo.invalid', 'proxy-authorization': 'Basic dTpw' },
    });
  });
});
