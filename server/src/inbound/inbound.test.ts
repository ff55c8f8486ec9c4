import { startServer } from '../server.ts'; // first: it brings the polyfill that certificates want
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Duplex } from 'node:stream';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type ServerOptions } from '../config.ts';
import { makeIdentity } from '../identity.ts';
import { openInProcess } from '../in-process.ts';
import {
  callServer,
  courier,
  courierFolder,
  type CourierServer,
  speak,
  startCourierServer,
} from './courier.fixture.ts';

const QUICK = { timeout: 10_000, interval: 25 };
const connection = (server: CourierServer, id: string) => server.ask('GET', `/api/workers/${id}/connection`);
const health = async (server: CourierServer, id: string) =>
  (await server.ask('GET', `/api/workers/${id}`)).HealthStatus;

test('an agent that calls is let in by its registration alone, and all see where it is connected', async () => {
  const server = await startCourierServer();
  expect((await callServer(server.comms, 'stranger')).greeting).toBe('refused');
  const { Id, StatusSummary } = await server.ask('POST', '/api/workers', courier('a'));
  expect(StatusSummary).toContain('when it connects');
  expect(await connection(server, Id)).toMatchObject({ Connections: [], LastSeen: null });
  expect((await callServer(server.comms, 'a', 'wrong')).greeting).toBe('refused');
  const agent = await callServer(server.comms, 'A'); // addresses are compared as the transport makes them
  const { Thumbprint } = await server.ask('GET', '/api/configuration/certificates/certificate-global');
  expect(agent.greeting).toBe(`welcome ${Thumbprint}`);
  await vi.waitFor(async () => {
    const { Connections, LastSeen } = await connection(server, Id);
    expect(Connections).toMatchObject([{ NodeId: expect.stringMatching(/^server-/), Since: expect.any(String) }]);
    expect(LastSeen).not.toBeNull();
  }, QUICK);
  const second = await callServer(server.comms, 'a');
  agent.leave(); // one of two connections: it stays connected
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect((await connection(server, Id)).Connections).toHaveLength(1);
  second.leave();
  await vi.waitFor(async () => expect((await connection(server, Id)).Connections).toEqual([]), QUICK);
});

test('a connection ends when its worker is edited or deleted, and stays when it is renamed or disabled (R34)', async () => {
  const server = await startCourierServer();
  const worker = await server.ask('POST', '/api/workers', courier('a'));
  const path = `/api/workers/${worker.Id}`;
  const first = await callServer(server.comms, 'a');
  const ended = vi.fn<() => void>();
  void first.closed.then(() => ended());
  await server.ask('PUT', path, { ...worker, Name: 'other', IsDisabled: true });
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(ended).not.toHaveBeenCalled();
  const endpoint = { ...worker.Endpoint, Secret: 'new' };
  await server.ask('PUT', path, { ...worker, Endpoint: endpoint });
  await first.closed;
  expect((await callServer(server.comms, 'a', 's')).greeting).toBe('refused');
  const second = await callServer(server.comms, 'a', 'new');
  expect(second.greeting).toContain('welcome');
  await server.ask('DELETE', path);
  await second.closed;
});

test('a machine that is registered in two spaces is two workers on one connection (R33)', async () => {
  const server = await startCourierServer();
  const space = await server.ask('POST', '/api/spaces', { Name: 'two', SpaceManagersTeamMembers: ['Users-1'] });
  const pool = await server.ask('POST', `/api/${space.Id}/workerpools`, { Name: 'p' });
  const one = await server.ask('POST', '/api/workers', courier('a'));
  const two = await server.ask('POST', `/api/${space.Id}/workers`, courier('a', { WorkerPoolIds: [pool.Id] }));
  await callServer(server.comms, 'a');
  await vi.waitFor(async () => {
    expect(await health(server, one.Id)).toBe('Healthy');
    expect((await server.ask('GET', `/api/${space.Id}/workers/${two.Id}`)).HealthStatus).toBe('Healthy');
  }, QUICK);
});

test('workers that connect unwell are checked at once, together by few tasks (R87, U26)', async () => {
  const server = await startCourierServer();
  const names = Array.from({ length: 60 }, (_, n) => `w${n}`);
  const made = await Promise.all(names.map((name) => server.ask('POST', '/api/workers', courier(name))));
  expect((await server.ask('GET', '/api/tasks?name=Health')).TotalResults).toBe(0);
  await Promise.all(names.map((name) => callServer(server.comms, name)));
  await vi.waitFor(async () => {
    const all = await server.ask('GET', '/api/workers/all');
    expect(all.filter((it: { HealthStatus: string }) => it.HealthStatus === 'Healthy')).toHaveLength(made.length);
  }, QUICK);
  expect((await server.ask('GET', '/api/tasks?name=Health')).TotalResults).toBeLessThanOrEqual(3);
});

const run = {
  Actions: [
    {
      Name: 'a',
      Type: 'Octopus.Script',
      Properties: { 'Octopus.Action.Script.ScriptBody': 'echo', 'Octopus.Action.Script.Syntax': 'Bash' },
    },
  ],
};
async function log(server: CourierServer, taskId: string): Promise<string> {
  await vi.waitFor(async () => expect((await server.ask('GET', `/api/tasks/${taskId}`)).IsCompleted).toBe(true), QUICK);
  const { text } = await server.answer('GET', `/api/tasks/${taskId}/raw`);
  return text;
}

test('a task goes to a worker that is connected; one that is not is passed over, with the reason', async () => {
  const server = await startCourierServer();
  const [, b] = [
    await server.ask('POST', '/api/workers', courier('a')),
    await server.ask('POST', '/api/workers', courier('b')),
  ];
  const agents = [await callServer(server.comms, 'a'), await callServer(server.comms, 'b')];
  await vi.waitFor(async () => expect(await health(server, b.Id)).toBe('Healthy'), QUICK);
  agents[0]?.leave();
  await vi.waitFor(async () => expect((await connection(server, 'a')).Connections).toEqual([]), QUICK);
  const task = await server.ask('POST', '/api/octo/runs', run);
  const text = await log(server, task.Id);
  expect(text).toContain('ran at b');
  expect(text).toContain('a (not connected)');
});

test('a worker that does not collect in time is given back for another one, once (R63, R119, R132)', async () => {
  const server = await startCourierServer();
  const policy = await server.ask('POST', '/api/machinepolicies', {
    Name: 'quick',
    PollingRequestQueueTimeout: '00:00:02',
  });
  for (const name of ['a', 'b'])
    await server.ask('POST', '/api/workers', courier(name, { MachinePolicyId: policy.Id }));
  const agents = [await callServer(server.comms, 'a'), await callServer(server.comms, 'b')];
  await vi.waitFor(async () => expect(await health(server, 'b')).toBe('Healthy'), QUICK);
  for (const agent of agents) agent.leave();
  await vi.waitFor(async () => expect((await connection(server, 'b')).Connections).toEqual([]), QUICK);
  const task = await server.ask('POST', '/api/octo/runs', run);
  const text = await log(server, task.Id);
  expect(text).toContain('a was not reached (the agent did not collect the request); tries b');
  expect((await server.ask('GET', `/api/tasks/${task.Id}`)).State).toBe('Failed');
  const back = server.ask('POST', '/api/octo/runs', run);
  const { Id } = await back;
  await vi.waitFor(async () => {
    const { text: why } = await server.answer('GET', `/api/octo/tasks/${Id}/explain`);
    expect(why).toContain('another worker is tried, once; else the action fails');
  }, QUICK);
  await callServer(server.comms, 'b');
  await callServer(server.comms, 'a');
  expect(await log(server, Id)).toMatch(/Waiting for (a|b) to connect[^]*ran at (a|b)/);
});

test('serving that fails is started again; agents come back', async () => {
  const server = await startCourierServer();
  const { Id } = await server.ask('POST', '/api/workers', courier('a'));
  const agent = await callServer(server.comms, 'a');
  const breaker = connect(server.comms.port, '127.0.0.1');
  breaker.resume().write('BREAK\n');
  await agent.closed;
  await vi.waitFor(async () => expect((await connection(server, Id)).Connections).toEqual([]), QUICK);
  expect(await startedAgain(server)).toBe('refused'); // its upgrades as before
  expect((await callServer(server.comms, 'a')).greeting).toContain('welcome'); // at the port that agents know
});

async function startedAgain(server: CourierServer): Promise<string> {
  return vi.waitFor(async () => {
    const socket = await upgrade(server.door.url, '/courier');
    if (typeof socket === 'number') throw new Error(`answered ${socket}`);
    return (await speak(socket, 'stranger')).greeting;
  }, QUICK);
}

/** The socket, or the status of whoever did not upgrade. */
function upgrade(url: string, path: string, protocol = 'courier'): Promise<Duplex | number> {
  const ask = url.startsWith('https:') ? httpsRequest : httpRequest;
  const headers = { connection: 'Upgrade', upgrade: protocol };
  return new Promise((resolve, reject) => {
    const request = ask(`${url}${path}`, { headers, rejectUnauthorized: false });
    request.on('upgrade', (_, socket) => {
      onTestFinished(() => void socket.destroy());
      resolve(socket);
    });
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject).end();
  });
}

test.each(['http', 'https'])("upgrades of the server's own port are handed over (%s)", async (scheme) => {
  const folder = await courierFolder();
  const server = await startCourierServer(scheme === 'https' ? await selfSigned(folder.plugins) : {}, folder);
  expect(server.door.url).toContain(`${scheme}://`);
  const { Id } = await server.ask('POST', '/api/workers', courier('a'));
  const socket = await upgrade(server.door.url, '/Courier/?x=1');
  if (typeof socket === 'number') throw new Error(`answered ${socket}`);
  expect((await speak(socket, 'a')).greeting).toContain('welcome');
  await vi.waitFor(async () => expect((await connection(server, Id)).Connections).toHaveLength(1), QUICK);
  expect(await upgrade(server.door.url, '/nothing')).toBe(404);
  expect(await upgrade(server.door.url, '/api', 'h2c')).toBe(200); // some clients offer it with every request
  const closed = once(socket, 'close');
  await server.stop();
  await closed;
});

async function selfSigned(dir: string): Promise<Partial<ServerOptions>> {
  const { certificatePem, privateKeyPem } = await makeIdentity(Date.now());
  const files = { tlsCertificate: join(dir, 'cert.pem'), tlsKey: join(dir, 'key.pem') };
  await writeFile(files.tlsCertificate, certificatePem);
  await writeFile(files.tlsKey, privateKeyPem);
  return files;
}

test('the start names where agents call; a port that is taken ends it, with the way out', async () => {
  const folder = await courierFolder();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as { port: number };
  const options = { dataDir: folder.dataDir, pluginRoots: [folder.plugins], logLevel: 'silent', port: 0 };
  const start = (more: object) => startServer({ ...options, ...more }, AbortSignal.timeout(10_000));
  await expect(start({ commsPort: port })).rejects.toMatchObject({
    code: 'OCTO_SERVER_COMMS_PORT',
    message: `cannot listen for agents on 127.0.0.1:${port} (EADDRINUSE)`,
    hint: expect.stringContaining('--comms-port'),
  });
  const without = await startCourierServer({ commsPort: 'none' }, folder);
  expect(without.door.comms).toBeUndefined();
  await without.stop();
  const server = await startCourierServer({}, folder);
  const door = JSON.parse(await readFile(join(folder.dataDir, 'server.json'), 'utf8')) as { comms: string };
  expect(door.comms).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(server.door.comms).toBe(door.comms);
});

test('a worker that was there before its transport is found by its address after the next start', async () => {
  const folder = await courierFolder();
  const first = await startCourierServer({}, folder);
  const { Id } = await first.ask('POST', '/api/workers', courier('a'));
  await first.stop();
  const second = await startCourierServer({}, folder);
  expect((await callServer(second.comms, 'a')).greeting).toContain('welcome');
  await vi.waitFor(async () => expect(await health(second, Id)).toBe('Healthy'), QUICK);
});

test('a stop lets go of a script on an agent that called, and the next start reads on when it calls again (R225)', async () => {
  const folder = await courierFolder();
  const first = await startCourierServer({}, folder);
  await first.ask('POST', '/api/workers', courier('a'));
  const calls: string[] = [];
  let isBusy = true;
  const reply = (call: string) => {
    calls.push(call);
    return isBusy && call !== 'who' ? 'busy at a' : 'a';
  };
  await callServer(first.comms, 'a', 's', reply);
  await vi.waitFor(async () => expect(await health(first, 'a')).toBe('Healthy'), QUICK);
  const { Id } = await first.ask('POST', '/api/octo/runs', run);
  await vi.waitFor(() => expect(calls.filter((it) => it.startsWith('status'))).not.toEqual([]), QUICK);
  await first.stop();
  isBusy = false;
  const second = await startCourierServer({}, folder);
  await callServer(second.comms, 'a', 's', reply);
  const text = await log(second, Id);
  expect((await second.ask('GET', `/api/tasks/${Id}`)).State).toBe('Success');
  expect(text.match(/ran at busy at a/g)).toHaveLength(1);
  expect(calls.filter((it) => it.startsWith('start'))).toHaveLength(1);
});

test('without a server an agent that calls is not waited for (house.md 6.3)', async () => {
  const folder = await courierFolder();
  const server = await startCourierServer({}, folder);
  const { Id } = await server.ask('POST', '/api/workers', courier('a'));
  const agent = await callServer(server.comms, 'a');
  await vi.waitFor(async () => expect(await health(server, Id)).toBe('Healthy'), QUICK);
  await server.stop();
  await agent.closed;
  await using local = await openInProcess({ dataDir: folder.dataDir, mode: 'run', pluginRoots: [folder.plugins] });
  const signal = AbortSignal.timeout(10_000);
  const { text } = await local.api.raw({ method: 'POST', path: '/api/octo/runs', body: run }, signal);
  const { Id: task } = JSON.parse(text) as { Id: string };
  await vi.waitFor(async () => {
    const { text: said } = await local.api.raw({ method: 'GET', path: `/api/octo/tasks/${task}` }, signal);
    expect(said).toContain('a (it calls a server, and is connected to none)');
  }, QUICK);
});
