import { parseJoinToken } from '@octo/api';
import { expect, test } from 'vitest';
import { openTestServer, type TestServer } from '../plane.fixture.ts';

const passive = {
  Name: 'web-1',
  Thumbprint: 'ab'.repeat(20),
  CommunicationStyle: 'TentaclePassive',
  Uri: 'https://web-1:10933/',
};
async function tokenOf({ ask }: TestServer, more: object = {}) {
  const payload = { WorkerPoolIds: ['default-worker-pool'], ServerUrls: ['https://octo'], ...more };
  const { body } = await ask('/api/octo/join-tokens', { method: 'POST', payload });
  return { ...body, ...parseJoinToken(body.Token) };
}
const join = ({ ask }: TestServer, payload: object) =>
  ask('/api/octo/join', { method: 'POST', payload, headers: { 'x-octopus-apikey': '' } });

test('a machine becomes a worker of the pools of its token, without any key, and the audit says with which (I16)', async () => {
  const server = await openTestServer({ living: true });
  const token = await tokenOf(server, { Name: 'rack 7' });
  expect(token).toMatchObject({ urls: ['https://octo'], Name: 'rack 7', Count: 1, State: 'Good' });
  const { body } = await join(server, { Token: token.secret, ...passive });
  const identity = await server.plane.identity.get();
  expect(body).toMatchObject({ WorkerName: 'web-1', ServerThumbprint: identity.thumbprint, CommsPort: null });
  expect(token.thumbprint).toBe(identity.thumbprint);
  const worker = (await server.ask(`/api/workers/${body.WorkerId}`)).body;
  expect(worker).toMatchObject({ WorkerPoolIds: ['WorkerPools-1'], MachinePolicyId: 'MachinePolicies-1' });
  expect(worker.Endpoint).toMatchObject({ Uri: passive.Uri, Thumbprint: 'AB'.repeat(20) });
  expect((await server.ask('/api/tasks?name=Health')).body.TotalResults).toBe(1); // checked at once (R87)
  const [event] = (await server.ask(`/api/events?regarding=${body.WorkerId}`)).body.Items;
  expect(event.Message).toContain('Worker web-1 joined with JoinTokens-1 (rack 7, made by admin)');
  expect(event).toMatchObject({ IdentityEstablishedWith: 'join token rack 7 of admin' });
  const [listed] = (await server.ask('/api/octo/join-tokens')).body;
  expect(listed).toMatchObject({ State: 'UsedUp', Joined: [{ WorkerId: body.WorkerId }] });
  const told = await server.ask('/api/events?take=1000');
  expect(JSON.stringify([listed, told.body])).not.toContain(token.secret.split('.')[1]);
  expect(JSON.stringify(await server.plane.documents.list('jointokens'))).not.toContain(token.secret.split('.')[1]);
});

test('an answer that was lost is given again; another machine is refused', async () => {
  const server = await openTestServer();
  const { secret: Token } = await tokenOf(server);
  const first = await join(server, { Token, ...passive });
  const again = await join(server, { Token, ...passive });
  expect([again.status, again.body]).toEqual([200, first.body]);
  const other = await join(server, { Token, ...passive, Name: 'web-2', Thumbprint: 'cd'.repeat(20) });
  expect([other.status, other.body.ErrorMessage]).toEqual([401, 'the join token is used up']);
});

test.each([
  ['a wrong secret', (token: string) => ({ Token: `${token}x` }), 401],
  ['another token', () => ({ Token: 'JoinTokens-99.abc' }), 401],
  ['a bad thumbprint', () => ({ Thumbprint: 'AB' }), 400],
  ['an address of the other style', () => ({ CommunicationStyle: 'TentacleActive' }), 400],
  ['another style', () => ({ CommunicationStyle: 'Ssh' }), 400],
])('%s is refused, and the token stays good', async (_, change, status) => {
  const server = await openTestServer();
  const { secret: Token } = await tokenOf(server);
  expect((await join(server, { Token, ...passive, ...change(Token) })).status).toBe(status);
  expect((await join(server, { Token, ...passive })).status).toBe(200);
});

test('a subscription joins by its id; a taken name is a conflict', async () => {
  const server = await openTestServer();
  const { secret: Token } = await tokenOf(server, { Count: 3 });
  const polling = { ...passive, CommunicationStyle: 'TentacleActive', SubscriptionId: 'poll://abc/', Uri: null };
  expect((await join(server, { Token, ...polling })).status).toBe(200);
  expect((await join(server, { Token, ...passive, Thumbprint: 'cd'.repeat(20) })).status).toBe(409);
});

test('wrong tokens are counted against their sender, like wrong keys', async () => {
  const server = await openTestServer();
  const wrong = async () => (await join(server, { Token: 'JoinTokens-1.guess', ...passive })).body.ErrorMessage;
  const said = new Set<string>();
  for (let n = 0; n < 60; n++) said.add(await wrong());
  expect([...said]).toContain('the join token is not valid');
  expect(said.size).toBe(2);
});

test('a token ends in the future, names pools that are there, and is removed; later machines are refused', async () => {
  const server = await openTestServer();
  const create = (payload: object) => server.ask('/api/octo/join-tokens', { method: 'POST', payload });
  const urls = { ServerUrls: ['https://octo'] };
  expect((await create({ ...urls, WorkerPoolIds: [] })).status).toBe(400);
  expect((await create({ ...urls, WorkerPoolIds: ['nowhere'] })).status).toBe(400);
  expect((await create({ WorkerPoolIds: ['WorkerPools-1'], ServerUrls: ['octo'] })).status).toBe(400);
  const past = await create({ ...urls, WorkerPoolIds: ['WorkerPools-1'], Expires: '2020-01-01T00:00:00Z' });
  expect(past.body.ErrorMessage).toContain('ends in the future');
  const token = await tokenOf(server);
  await server.ask(token.Links.Self, { method: 'DELETE' });
  expect((await join(server, { Token: token.secret, ...passive })).status).toBe(401);
});

test('without addresses a token names the one that its maker has used', async () => {
  const server = await openTestServer();
  const payload = { WorkerPoolIds: ['WorkerPools-1'] };
  const headers = { host: 'octo.example.com:8065' };
  const { body } = await server.ask('/api/octo/join-tokens', { method: 'POST', payload, headers });
  expect(parseJoinToken(body.Token).urls).toEqual(['http://octo.example.com:8065']);
});
