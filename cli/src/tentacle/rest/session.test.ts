import { describe, expect, test } from 'vitest';
import { openSession } from './access.ts';
import { fakeDeps } from './deps.fixture.ts';
import { openSite, ROOT, siteOfAnswers } from './site.fixture.ts';
import { Stub } from './stub.fixture.ts';

const { signal } = new AbortController();
const credentials = { kind: 'api-key', key: 'API-X' } as const;
const access = (server: string) => ({ server, credentials, ignoreSslErrors: false });

describe('the root document (halibut.md 9.3.1, 9.3.2)', () => {
  test('503 is asked again every half second', async () => {
    let left = 3;
    await using stub = await Stub.open(() => (left-- > 0 ? { status: 503, body: {} } : { body: ROOT }));
    const deps = fakeDeps();
    const session = await openSession(access(stub.url), deps, false, signal);
    await session.root(signal);
    expect(deps.slept).toEqual([500, 500, 500]);
  });
  test('a closed port is tried again every second, for a minute at most', async () => {
    const deps = fakeDeps();
    const session = await openSession(access('http://127.0.0.1:1'), deps, false, signal);
    await expect(session.root(signal)).rejects.toMatchObject({ code: 'OCTO_REGISTER_CONNECT' });
    expect(deps.slept).toHaveLength(60);
    expect(new Set(deps.slept)).toEqual(new Set([1000]));
  });
  test.each([401, 404, 500])('%i ends it at once', async (status) => {
    await using stub = await Stub.open(() => ({ status, body: { ErrorMessage: 'No.' } }));
    const session = await openSession(access(stub.url), fakeDeps(), false, signal);
    await expect(session.root(signal)).rejects.toMatchObject({ status });
    expect(stub.asked).toEqual(['GET /api']);
  });
  test.each([
    ['3.0.0', 'fits'],
    ['3.0.99', 'fits'],
    ['3.0.100', 'a newer'],
    ['3.1.0', 'a newer'],
    ['4.0.0', 'a newer'],
    ['2.9.0', 'an older'],
    [undefined, 'an older'],
  ])('ApiVersion %s: %s', async (ApiVersion, wanted) => {
    await using stub = await Stub.open(() => ({ body: { ...ROOT, ApiVersion } }));
    const session = await openSession(access(stub.url), fakeDeps(), false, signal);
    const told = await session.root(signal).then(
      () => 'fits',
      (error: Error) => /uses (an? \w+) API specification/.exec(error.message)?.[1],
    );
    expect(told).toBe(wanted);
  });
});

describe('spaces (halibut.md 9.3.3)', () => {
  const space = (Id: string, Name: string, IsDefault = false) => ({
    Id,
    Name,
    IsDefault,
    Links: { SpaceHome: `/api/${Id}` },
  });
  const spaces = [space('Spaces-1', 'Default', true), space('Spaces-2', 'Other')];

  test('is chosen by name in any case, or the default one', async () => {
    await using stub = await openSite({ ...siteOfAnswers(), 'GET /api/users/Users-1/spaces': { body: spaces } });
    const session = await openSession(access(stub.url), fakeDeps(), false, signal);
    expect(await session.chooseSpace('OTHER', signal)).toMatchObject({ id: 'Spaces-2' });
    expect(await session.chooseSpace(undefined, signal)).toMatchObject({ id: 'Spaces-1' });
  });
  test('an unknown name is the operator’s, and a name is not trimmed', async () => {
    await using stub = await openSite(siteOfAnswers());
    const session = await openSession(access(stub.url), fakeDeps(), false, signal);
    await expect(session.chooseSpace(' Default ', signal)).rejects.toMatchObject({ kind: 'KnownFailure' });
  });
  test('two default spaces are none', async () => {
    const body = spaces.map((one) => ({ ...one, IsDefault: true }));
    await using stub = await openSite({ ...siteOfAnswers(), 'GET /api/users/Users-1/spaces': { body } });
    const session = await openSession(access(stub.url), fakeDeps(), false, signal);
    await expect(session.chooseSpace(undefined, signal)).rejects.toMatchObject({ kind: 'RestFailure' });
  });
  test('a server without spaces takes all links from its root and refuses --space', async () => {
    const { Spaces: _none, ...Links } = { ...ROOT.Links, Workers: '/api/workers' };
    await using stub = await openSite({ 'GET /api': { body: { ...ROOT, Links } } });
    const session = await openSession(access(stub.url), fakeDeps(), false, signal);
    await expect(session.chooseSpace('Default', signal)).rejects.toMatchObject({ kind: 'KnownFailure' });
    expect(await session.chooseSpace(undefined, signal)).toBeUndefined();
    expect(await session.enter(undefined, signal)).toMatchObject({ spaceId: null, links: { Workers: '/api/workers' } });
  });
});

test('with a password it asks who it is, signs in, and begins anew (halibut.md 9.3.4)', async () => {
  const answers = siteOfAnswers();
  const headers = { 'Set-Cookie': ['Octopus-Csrf-Token_1=T', 'OctopusIdentificationToken_1=I'] };
  await using stub = await Stub.open(({ method, path, headers: { cookie } }) => {
    if (path === '/api/users/login') return { headers, body: {} };
    if (path === '/api/users/me' && cookie === undefined) return { status: 401, body: { ErrorMessage: 'who?' } };
    return answers[`${method} ${path}`] ?? { status: 404 };
  });
  const login = { kind: 'password', username: 'a', password: 'b' } as const;
  const session = await openSession({ ...access(stub.url), credentials: login }, fakeDeps(), false, signal);
  await session.start(signal);
  expect(stub.asked).toEqual([
    'GET /api',
    'GET /api/users/me',
    'POST /api/users/login',
    'GET /api',
    'GET /api/users/me',
    'GET /api/users/Users-1/spaces',
    'GET /api/Spaces-1',
  ]);
});
