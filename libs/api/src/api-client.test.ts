import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { httpApi } from './api-client.ts';

const never = new AbortController().signal;

/** Address of a server that answers as a test wants, until the test is over. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => close(server));
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
}
async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
async function allOf<T>(pieces: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set
  return JSON.parse(Buffer.concat(chunks).toString());
}

test.each(['', '/', '/api', '/api/'])('the address may end in "%s"; the key goes along', async (end) => {
  const url = await serve((request, response) =>
    json(response, { Version: `${request.url} ${String(request.headers['x-octopus-apikey'])}` }),
  );
  const api = httpApi({ url: `${url}${end}`, apiKey: 'API-X' });
  expect((await api.root(never)).version).toBe('/api API-X');
});

test('a run goes out in PascalCase, its properties untouched', async () => {
  const seen = vi.fn<(method: unknown, url: unknown, body: unknown) => void>();
  const url = await serve((request, response) => {
    void bodyOf(request).then((body) => {
      seen(request.method, request.url, body);
      json(response, { Id: 'ServerTasks-7', State: 'Queued' }, 201);
    });
  });
  const actions = [{ name: 'a', type: 'T', properties: { 'octopus.x': '1' } }];
  const task = await httpApi({ url, apiKey: 'k' }).run({ actions, timeoutSeconds: 5 }, never);
  expect(task).toEqual({ id: 'ServerTasks-7', state: 'Queued' });
  const Actions = [{ Name: 'a', Type: 'T', Properties: { 'octopus.x': '1' } }];
  expect(seen).toHaveBeenCalledWith('POST', '/api/octo/runs', { Actions, TimeoutSeconds: 5 });
});

test('what is asked of a list is in the query, ids as one word', async () => {
  const url = await serve((request, response) => json(response, { ItemType: request.url }));
  const query = { ids: ['ServerTasks-1', 'ServerTasks-2'], states: ['Queued'] as const, partialName: 'a b&c' };
  const { itemType } = await httpApi({ url, apiKey: 'k' }).tasks(query, never);
  expect(itemType).toBe('/api/tasks?partialName=a%20b%26c&ids=ServerTasks-1%2CServerTasks-2&states=Queued');
});

test.each([
  [404, { ErrorMessage: 'no such task', Details: { Code: 'OCTO_X', Hint: 'list them' } }, 'NotFoundError', 'OCTO_X'],
  [401, { ErrorMessage: 'who are you' }, 'SecurityError', 'OCTO_API_STATUS'],
  [502, 'a proxy in between', 'OctoError', 'OCTO_API_STATUS'],
])('status %i becomes an error of its kind', async (status, body, kind, code) => {
  const url = await serve((_, response) => json(response, body, status));
  await expect(httpApi({ url, apiKey: 'k' }).task('1', never)).rejects.toMatchObject({ kind, code });
});

test('nobody there: the start cannot have arrived, and the hint says what to do', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  await close(server);
  await expect(httpApi({ url, apiKey: 'k' }).spaces(never)).rejects.toMatchObject({
    code: 'OCTO_TRANSPORT_SERVER',
    message: `the server at ${url} does not answer (ECONNREFUSED)`,
    started: 'no',
    hint: expect.stringContaining('octo server start') as string,
  });
});

test('a server that says nothing is left, naming what was asked', async () => {
  const url = await serve(() => {});
  const api = httpApi({ url, apiKey: 'k', answerMs: 50 });
  await expect(api.log('ServerTasks-1', { after: 0, waitMs: 30 }, never)).rejects.toMatchObject({
    code: 'OCTO_TRANSPORT_SERVER_TIMEOUT',
    message: 'the server did not answer GET /api/octo/tasks/ServerTasks-1/log within 80 ms',
  });
});

test('a stream that falls silent is left; one that breaks is no end of the log', async () => {
  const silent = await serve((_, response) => void response.writeHead(200).write('half'));
  const quiet = httpApi({ url: silent, apiKey: 'k', answerMs: 50 });
  await expect(allOf(quiet.rawLog('1', never))).rejects.toMatchObject({
    code: 'OCTO_TRANSPORT_SERVER_TIMEOUT',
  });
  const broken = await serve((_, response) => {
    response.writeHead(200).write('half', () => response.destroy());
  });
  const torn = httpApi({ url: broken, apiKey: 'k' });
  await expect(allOf(torn.rawLog('1', never))).rejects.toMatchObject({
    code: 'OCTO_TRANSPORT_SERVER_BROKEN',
  });
});

test('a reader who leaves a stream lets go of the connection', async () => {
  const closed = Promise.withResolvers<void>();
  const url = await serve((_, response) => {
    response.once('close', () => closed.resolve());
    response.writeHead(200).write('first');
  });
  for await (const text of httpApi({ url, apiKey: 'k' }).rawLog('1', never)) {
    expect(text).toBe('first');
    break;
  }
  await closed.promise;
});

test('letters cut between two pieces of a log come whole', async () => {
  const bytes = new TextEncoder().encode('grüße');
  const url = await serve((_, response) => {
    response.writeHead(200).write(bytes.subarray(0, 3), () => response.end(bytes.subarray(3)));
  });
  const pieces = await allOf(httpApi({ url, apiKey: 'k' }).rawLog('1', never));
  expect(pieces.join('')).toBe('grüße');
});

test('an answer that is not JSON is told as such, never as a fault of the client', async () => {
  const url = await serve((_, response) => void response.end('<html>welcome</html>'));
  await expect(httpApi({ url, apiKey: 'k' }).spaces(never)).rejects.toMatchObject({
    code: 'OCTO_API_ANSWER',
    message: 'the answer to GET /api/spaces/all is not JSON: <html>welcome</html>',
  });
});

test('a redirect is not followed: the key would go along', async () => {
  const strange = vi.fn<(key: unknown) => void>();
  const stranger = await serve((request, response) => {
    strange(request.headers['x-octopus-apikey']);
    json(response, []);
  });
  const url = await serve((_, response) => void response.writeHead(302, { location: stranger }).end());
  await expect(httpApi({ url, apiKey: 'k' }).spaces(never)).rejects.toMatchObject({
    code: 'OCTO_API_REDIRECT',
    message: expect.stringContaining(stranger) as string,
  });
  expect(strange).not.toHaveBeenCalled();
});

test("the caller's abort comes through as it is", async () => {
  const url = await serve(() => {});
  const stop = new AbortController();
  const asked = httpApi({ url, apiKey: 'k' }).spaces(stop.signal);
  stop.abort(new Error('the user left'));
  await expect(asked).rejects.toThrow('the user left');
});

test.each(['127.0.0.1:8065', 'ftp://host', ''])('"%s" is no address of a server', (url) => {
  expect(() => httpApi({ url, apiKey: 'k' })).toThrow(expect.objectContaining({ code: 'OCTO_API_URL' }) as Error);
});

test('a name, a slug or an id finds a pool; an unknown one is told the names', async () => {
  const pools = [{ Id: 'WorkerPools-1', Name: 'Default Worker Pool', Slug: 'default-worker-pool' }];
  const url = await serve((_, response) => json(response, pools));
  const api = httpApi({ url, apiKey: 'k' });
  for (const word of ['workerpools-1', 'DEFAULT worker POOL', 'default-worker-pool'])
    expect((await api.pool(word, never)).id).toBe('WorkerPools-1');
  await expect(api.pool('linux', never)).rejects.toMatchObject({
    code: 'OCTO_POOL_NOT_FOUND',
    hint: 'choose one of: Default Worker Pool',
  });
});
