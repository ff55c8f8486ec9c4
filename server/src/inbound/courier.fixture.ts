import { httpApi, type OctoApi, type RawAnswer } from '@octo/api';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import { type ServerOptions } from '../config.ts';
import { type Door, findDoor } from '../door.ts';
import { startServer } from '../server.ts';

const repo = new URL('../../../', import.meta.url).pathname;

/**
 * A transport whose agents call us, with nothing of a protocol: lines of JSON over TCP, or over an upgrade at /courier.
 * The first line of an agent names its address and secret; later ones answer calls. `BREAK` lets serving fail.
 */
const COURIER = `
import { Comms, definePlugin, defineTransport, ServerIdentity, TransportError } from '@octo/kernel';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';
const endpoint = z.looseObject({ Uri: z.string().regex(/^courier:/), Secret: z.string() });
const courier = defineTransport({
  style: 'AcmeCourier', word: 'courier', endpoint, reach: 'where-connected',
  address: (it) => it.Uri.toLowerCase(),
  deps: { comms: Comms, identity: ServerIdentity },
  create({ comms, identity }) {
    const agents = new Map();
    const greet = async (inbound, socket, broke) => {
      socket.on('error', () => socket.destroy());
      const lines = createInterface(socket)[Symbol.asyncIterator]();
      const next = async () => (await lines.next()).value;
      const hello = await next();
      if (hello === 'BREAK') { broke(new TransportError('OCTO_TRANSPORT_COURIER', 'a courier fell ill', { started: 'no' })); return; }
      const { uri, secret } = JSON.parse(hello ?? '{}');
      const found = (await inbound.find(uri.toLowerCase())).filter((it) => it.endpoint.Secret === secret);
      if (found.length === 0) { socket.end('refused\\n'); return; }
      socket.write('welcome ' + (await identity.get()).thumbprint + '\\n');
      using held = new DisposableStack();
      let last = Promise.resolve();
      const call = (what) => (last = last.then(async () => { socket.write(what + '\\n'); return await next(); }));
      for (const it of found) {
        it.changed.addEventListener('abort', () => socket.destroy(), { once: true });
        held.use(inbound.here(it.workerId));
        agents.set(it.workerId, call);
        held.defer(() => agents.get(it.workerId) === call && agents.delete(it.workerId));
      }
      if (!socket.destroyed) await once(socket, 'close');
    };
    const ask = async (to, what, signal) => {
      for (const untilMs = Date.now() + to.limits.pollingPickUpMs; ;) {
        signal.throwIfAborted();
        const answer = await agents.get(to.workerId)?.(what);
        if (answer !== undefined) return answer;
        if (Date.now() >= untilMs) throw new TransportError('OCTO_TRANSPORT_COURIER', 'the agent did not collect the request', { started: 'no' });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    return {
      async open(to) {
        const page = async (what, after, signal) => {
          const answer = await ask(to, what, signal);
          const lines = after === '' ? [{ source: 'StdOut', atMs: 0, text: 'ran at ' + answer }] : [];
          if (!answer.startsWith('busy')) return { lines, next: '1', state: 'Complete', end: 'exited', exitCode: 0 };
          await new Promise((resolve) => setTimeout(resolve, 50));
          return { lines, next: '1', state: 'Running' };
        };
        return {
          capabilities: async (signal) => ({ agent: await ask(to, 'who', signal), startsOnce: true, shells: ['bash'], platform: 'linux-x64' }),
          start: (ticket, launch, signal) => page('start ' + ticket, '', signal),
          status: (script, { after }, signal) => page('status ' + script.ticket, after, signal),
          cancel: async () => {}, complete: async () => [], upload: async (path) => ({ path }), download: async () => undefined,
          async [Symbol.asyncDispose]() {},
        };
      },
      async discover({ host, port }, signal) {
        const socket = connect(port, host);
        signal.addEventListener('abort', () => socket.destroy(signal.reason));
        for await (const line of createInterface(socket)) return { Uri: 'courier://' + host + '/', Secret: line };
        throw new TransportError('OCTO_TRANSPORT_COURIER', 'nobody spoke', { started: 'no' });
      },
      async serve(inbound, signal) {
        if (!comms.listen) return;
        const { host, port } = comms.listen;
        const broken = Promise.withResolvers();
        const sockets = new Set();
        const take = (socket) => { sockets.add(socket); socket.once('close', () => sockets.delete(socket)); greet(inbound, socket, broken.reject).catch(() => socket.destroy()); };
        const server = createServer(take);
        server.listen(port, host);
        await once(server, 'listening');
        using upgrade = inbound.upgrade('/courier', (request, socket) => {
          socket.write('HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: courier\\r\\n\\r\\n');
          take(socket);
        });
        inbound.ready({ host, port: server.address().port });
        signal.addEventListener('abort', () => broken.resolve());
        try { await broken.promise; } finally { server.close(); for (const socket of sockets) socket.destroy(); }
      },
    };
  },
});
export default definePlugin({ name: 'acme-courier', contract: 1, transports: [courier] });`;

/** A folder for data, with the plugin beside it; gone after the test. */
export async function courierFolder(): Promise<{ readonly dataDir: string; readonly plugins: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'octo-inbound-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const plugins = join(dir, 'plugins');
  const at = join(plugins, 'node_modules/acme-courier');
  await mkdir(join(plugins, 'node_modules/@octo'), { recursive: true });
  await mkdir(at);
  await symlink(join(repo, 'libs/kernel'), join(plugins, 'node_modules/@octo/kernel'));
  await symlink(join(repo, 'node_modules/zod'), join(plugins, 'node_modules/zod'));
  await writeFile(join(plugins, 'package.json'), JSON.stringify({ dependencies: { 'acme-courier': '*' } }));
  const manifest = {
    name: 'acme-courier',
    version: '1.0.0',
    type: 'module',
    exports: './index.js',
    octo: { contract: 1 },
  };
  await writeFile(join(at, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(at, 'index.js'), COURIER);
  return { dataDir: join(dir, 'data'), plugins };
}

export interface CourierServer {
  readonly dataDir: string;
  readonly door: Door;
  readonly comms: { readonly host: string; readonly port: number };
  readonly api: OctoApi;
  /** Parsed answer of a request that is granted. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every form
  ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<any>;
  answer(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<RawAnswer>;
  stop(): Promise<void>;
}

/** A real server on free ports; stopped after the test. */
export async function startCourierServer(
  more: Partial<ServerOptions> = {},
  folder?: { readonly dataDir: string; readonly plugins: string },
): Promise<CourierServer> {
  const { dataDir, plugins } = folder ?? (await courierFolder());
  const stop = new AbortController();
  const ports = { port: 0, commsPort: 0 } as const;
  const options = { dataDir, pluginRoots: [plugins], logLevel: 'silent', ...ports, ...more };
  const server = await startServer(options, stop.signal);
  const end = async () => {
    stop.abort();
    await server.closed;
  };
  onTestFinished(end);
  const door = (await findDoor(dataDir))!;
  const api = httpApi({ url: door.url, apiKey: door.key, isOwnMachine: true });
  const answer: CourierServer['answer'] = (method, path, body) =>
    api.raw({ method, path, ...(body && { body }) }, AbortSignal.timeout(20_000));
  const ask: CourierServer['ask'] = async (method, path, body) => {
    const { status, text } = await answer(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const path = '/api/machinepolicies/MachinePolicies-1';
  const policy = (await ask('GET', path)) as { readonly MachineHealthCheckPolicy: object };
  const check = { ...policy.MachineHealthCheckPolicy, HealthCheckType: 'OnlyConnectivity' }; // couriers run no scripts
  await ask('PUT', path, { ...policy, MachineHealthCheckPolicy: check });
  const [host = '', port] = (door.comms ?? ':0').split(':');
  return { dataDir, door, comms: { host, port: Number(port) }, api, ask, answer, stop: end };
}

export const courier = (name: string, more: object = {}) => ({
  Name: name,
  WorkerPoolIds: ['WorkerPools-1'],
  Endpoint: { CommunicationStyle: 'AcmeCourier', Uri: `courier://${name}/`, Secret: 's' },
  ...more,
});

export interface CourierAgent {
  /** What the server said first: `welcome` and its thumbprint, or `refused`. */
  readonly greeting: string;
  readonly closed: Promise<unknown>;
  leave(): void;
}

/** An agent that answers every call with its name, or as `reply` says; a script of one that is `busy…` goes on. */
export async function callServer(
  to: { readonly port: number },
  name: string,
  secret = 's',
  reply = (_call: string): string => name,
): Promise<CourierAgent> {
  const socket = connect(to.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return speak(socket, name, secret, reply);
}

export async function speak(
  socket: Duplex,
  name: string,
  secret = 's',
  reply = (_call: string): string => name,
): Promise<CourierAgent> {
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const { promise: first, resolve: greet } = Promise.withResolvers<string>();
  const answer = (call: string) => void socket.write(`${reply(call)}\n`);
  const lines = createInterface(socket).once('line', (line) => {
    greet(line);
    lines.on('line', answer); // at once: a call may be in the same packet
  });
  socket.write(`${JSON.stringify({ uri: `courier://${name}/`, secret })}\n`);
  const greeting = await first;
  return { greeting, closed, leave: () => void socket.destroy() };
}
