import { createIdentity } from '@octo/halibut';
import { type Clock, type Inbound, Secret, type Transport } from '@octo/kernel';
import { fakeInbound, openingOf, realClock } from '@octo/testkit';
import { testIdentity } from '@octo/testkit/certificates';
import { Forwarder } from '@octo/testkit/faults';
import { StockAgent } from '@octo/testkit/stock';
import { type FaultyTransport } from '@octo/testkit/transport-faults';
import { serveMachine } from '@octo/tentacle/agent';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { polling, type PollingEndpoint } from './index.ts';

const SUBSCRIPTION = 'poll://abcdefghijk/';
const logger = { debug() {}, info() {}, warn() {}, error() {} };
interface Live extends Transport<object>, AsyncDisposable {}
interface Agent {
  readonly thumbprint: string;
  end(): Promise<void>;
}

async function faulty(
  clock: Clock,
  open: (home: string, port: number, thumbprint: string) => Promise<Agent>,
): Promise<FaultyTransport> {
  const home = await mkdtemp(join(tmpdir(), 'octo-polling-'));
  const { privateKeyPem, ...rest } = await createIdentity({ commonName: 'Octopus Portal', nowMs: Date.now() });
  const identity = { get: async () => ({ ...rest, privateKeyPem: new Secret(privateKeyPem) }) };
  const comms = { listen: { host: '127.0.0.1', port: 0 } };
  const transport = polling.create({ identity, comms, clock, logger } as never) as Live; // endpoints are parsed before
  const inbound = fakeInbound<PollingEndpoint>();
  const stop = new AbortController();
  const serving = transport.serve?.(inbound as unknown as Inbound<object>, stop.signal);
  const forwarder = await Forwarder.listen({ port: (await inbound.listening)?.port ?? 0 });
  const agent = await open(home, forwarder.port, rest.thumbprint);
  const endpoint = { Uri: SUBSCRIPTION, Thumbprint: agent.thumbprint };
  inbound.register(SUBSCRIPTION, 'Workers-1', endpoint);
  return {
    forwarder,
    answer: { direction: 'up', atChunk: 1 },
    open(retryTimeLimitMs) {
      const opening = openingOf(endpoint);
      // Far below the patience on either clock, and long enough for an agent that comes back on a busy machine.
      const limits = { ...opening.limits, retryTimeLimitMs, pollingPickUpMs: 1_000 };
      return transport.open({ ...opening, limits }, AbortSignal.timeout(5_000));
    },
    async [Symbol.asyncDispose]() {
      await agent.end();
      await transport[Symbol.asyncDispose]();
      stop.abort();
      await serving;
      await forwarder[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A machine of ours that calls through a network that fails. */
export const ours = (clock: Clock): Promise<FaultyTransport> =>
  faulty(clock, async (home, port, thumbprint) => {
    const identity = await createIdentity({ commonName: 'Octopus Tentacle', nowMs: Date.now() });
    const stop = new AbortController();
    const servers = [{ address: `https://127.0.0.1:${port}`, thumbprint, subscriptionId: SUBSCRIPTION }];
    const rest = { trusted: [], servers, connections: 1, name: 'octo agent', environment: {}, clock: realClock };
    const limits = { reconnectMinMs: 50, reconnectMaxMs: 100 };
    const serving = serveMachine({ identity, home, ...rest, limits }, stop.signal);
    const end = async () => {
      stop.abort();
      await serving;
    };
    return { thumbprint: identity.thumbprint, end };
  });

/** The same with a stock Tentacle. */
export const stock = (clock: Clock): Promise<FaultyTransport> =>
  faulty(clock, async (workDir, port, thumbprint) => {
    const identity = testIdentity('Octopus Tentacle');
    const server = { host: '127.0.0.1', port, thumbprint };
    const agent = await StockAgent.poll({ identity, workDir, server, subscription: SUBSCRIPTION, timeScale: 0.01 });
    return { thumbprint: identity.thumbprint, end: () => agent[Symbol.asyncDispose]() };
  });
