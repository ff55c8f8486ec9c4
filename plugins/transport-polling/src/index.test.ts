import { createIdentity, type Identity } from '@octo/halibut';
import { type Inbound, Secret, type Transport } from '@octo/kernel';
import { fakeInbound, openingOf, realClock } from '@octo/testkit';
import { testIdentity } from '@octo/testkit/certificates';
import { StockAgent } from '@octo/testkit/stock';
import { transportContract, type TransportUnderTest, type Unpromised } from '@octo/testkit/transport-contract';
import { serveMachine } from '@octo/tentacle/agent';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { polling, type PollingEndpoint } from './index.ts';
import { WEB_SOCKET_PATH } from './serve.ts';

const SUBSCRIPTION = 'poll://abcdefghijk/';
const logger = { debug() {}, info() {}, warn() {}, error() {} };
interface Live extends Transport<object>, Partial<AsyncDisposable> {}
let server: Promise<Identity> | undefined;
const serverIdentity = () => (server ??= createIdentity({ commonName: 'Octopus Portal', nowMs: Date.now() }));

async function plugin(listen?: { readonly host: string; readonly port: number }): Promise<Live> {
  const { privateKeyPem, ...rest } = await serverIdentity();
  const identity = { get: async () => ({ ...rest, privateKeyPem: new Secret(privateKeyPem) }) };
  return polling.create({ identity, comms: { ...(listen && { listen }) }, clock: realClock, logger } as never) as Live; // endpoints are parsed before
}

interface Served extends AsyncDisposable {
  readonly transport: Live;
  readonly inbound: ReturnType<typeof fakeInbound<PollingEndpoint>>;
  readonly port: number;
}
async function served(): Promise<Served> {
  const transport = await plugin({ host: '127.0.0.1', port: 0 });
  const inbound = fakeInbound<PollingEndpoint>();
  const stop = new AbortController();
  const serving = transport.serve?.(inbound as unknown as Inbound<object>, stop.signal);
  const at = await inbound.listening;
  return {
    transport,
    inbound,
    port: at?.port ?? 0,
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]?.();
      stop.abort();
      await serving;
    },
  };
}

async function folder(): Promise<{ readonly dir: string } & AsyncDisposable> {
  const dir = await mkdtemp(join(tmpdir(), 'octo-polling-'));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Our agent on `address`, until it is disposed of. */
async function ours(address: string, identity: Identity): Promise<AsyncDisposable> {
  const home = await folder();
  const stop = new AbortController();
  const servers = [{ address, thumbprint: (await serverIdentity()).thumbprint, subscriptionId: SUBSCRIPTION }];
  const rest = {
    trusted: [],
    servers,
    connections: 2,
    name: 'octo agent',
    environment: {},
    clock: realClock,
    graceMs: 300,
  };
  const serving = serveMachine({ identity, home: home.dir, ...rest, limits: { reconnectMinMs: 50 } }, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await serving;
      await home[Symbol.asyncDispose]();
    },
  };
}

type Make = (at: Served) => Promise<{ readonly thumbprint: string; readonly agent: AsyncDisposable }>;
async function under(make: Make): Promise<TransportUnderTest<object>> {
  const at = await served();
  const { thumbprint, agent } = await make(at);
  const endpoint = { Uri: SUBSCRIPTION, Thumbprint: thumbprint };
  at.inbound.register(SUBSCRIPTION, 'Workers-1', endpoint);
  return {
    transport: at.transport,
    opening: openingOf(endpoint),
    reopen: async () => ({ open: (to, signal) => at.transport.open(to, signal) }),
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await at[Symbol.asyncDispose]();
    },
  };
}
const agentIdentity = () => createIdentity({ commonName: 'Octopus Tentacle', nowMs: Date.now() });

const V2: readonly Unpromised[] = ['news at once', 'end of a tree is seen', 'early cancel', 'fences', 'secret files', 'unknown bytes as one mark']; // prettier-ignore

transportContract('our agent, polling', () =>
  under(async ({ port }) => {
    const identity = await agentIdentity();
    return { thumbprint: identity.thumbprint, agent: await ours(`https://127.0.0.1:${port}`, identity) };
  }),
);

transportContract('a stock Tentacle, polling over three connections, TLS 1.2', () =>
  under(async ({ port }) => {
    const identity = testIdentity('Octopus Tentacle');
    const home = await folder();
    const { thumbprint } = await serverIdentity();
    const to = { host: '127.0.0.1', port, thumbprint };
    const agent = await StockAgent.poll({ identity, workDir: home.dir, server: to, subscription: SUBSCRIPTION, connections: 3, timeScale: 0.01, tls: '1.2' }); // prettier-ignore
    return {
      thumbprint: identity.thumbprint,
      agent: {
        async [Symbol.asyncDispose]() {
          await agent[Symbol.asyncDispose]();
          await home[Symbol.asyncDispose]();
        },
      },
    };
  }), V2); // prettier-ignore

describe('who may come', () => {
  const signal = () => AbortSignal.timeout(10_000);

  test('an agent over a WebSocket on the server’s own port', async () => {
    await using at = await served();
    const identity = await agentIdentity();
    const endpoint = { Uri: SUBSCRIPTION, Thumbprint: identity.thumbprint };
    at.inbound.register(SUBSCRIPTION, 'Workers-1', endpoint);
    const web = createServer();
    web.on('upgrade', (request, socket, head) => at.inbound.upgrades.get(WEB_SOCKET_PATH)?.(request, socket, head));
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    onTestFinished(() => void web.close());
    await using _agent = await ours(
      `ws://127.0.0.1:${(web.address() as AddressInfo).port}${WEB_SOCKET_PATH}`,
      identity,
    );
    await using session = await at.transport.open(openingOf(endpoint), signal());
    expect((await session.capabilities(signal())).agent).toBe('octo agent');
  });

  test('the worker is here while it is connected, and goes when its registration changes', async () => {
    await using at = await served();
    const identity = await agentIdentity();
    const endpoint = { Uri: SUBSCRIPTION, Thumbprint: identity.thumbprint };
    const registration = at.inbound.register(SUBSCRIPTION, 'Workers-1', endpoint);
    await using _agent = await ours(`https://127.0.0.1:${at.port}`, identity);
    await expect.poll(() => at.inbound.connected).toEqual(['Workers-1']); // one connection carries all calls
    registration.change();
    await expect.poll(() => at.inbound.connected).toEqual([]);
    at.inbound.register(SUBSCRIPTION, 'Workers-2', endpoint);
    await expect.poll(() => at.inbound.connected).toEqual(['Workers-2']);
  });

  test('one machine that two spaces know is two workers (R33)', async () => {
    await using at = await served();
    const identity = await agentIdentity();
    const endpoint = { Uri: SUBSCRIPTION, Thumbprint: identity.thumbprint };
    for (const id of ['Workers-1', 'Workers-2']) at.inbound.register(SUBSCRIPTION, id, endpoint);
    await using _agent = await ours(`https://127.0.0.1:${at.port}`, identity);
    await expect.poll(() => at.inbound.connected.toSorted()).toEqual(['Workers-1', 'Workers-2']);
  });

  test('another certificate than the registered one stays outside (R129)', async () => {
    await using at = await served();
    const endpoint = { Uri: SUBSCRIPTION, Thumbprint: 'AB'.repeat(20) };
    at.inbound.register(SUBSCRIPTION, 'Workers-1', endpoint);
    await using _agent = await ours(`https://127.0.0.1:${at.port}`, await agentIdentity());
    const opening = openingOf(endpoint);
    await using session = await at.transport.open(
      { ...opening, limits: { ...opening.limits, pollingPickUpMs: 100, retryTimeLimitMs: 0 } },
      signal(),
    );
    await expect(session.capabilities(signal())).rejects.toMatchObject({
      code: 'OCTO_TRANSPORT_NOT_COLLECTED',
      started: 'no',
    });
    expect(at.inbound.connected).toEqual([]);
  });

  test('without a server nobody is waited for (house.md 6.3)', async () => {
    const transport = await plugin();
    const opening = openingOf({ Uri: SUBSCRIPTION, Thumbprint: 'AB'.repeat(20) });
    await expect(transport.open(opening, signal())).rejects.toMatchObject({
      code: 'OCTO_TRANSPORT_NEEDS_SERVER',
      started: 'no',
    });
  });
});
