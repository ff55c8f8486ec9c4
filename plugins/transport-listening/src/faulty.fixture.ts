import { createIdentity } from '@octo/halibut';
import { type Clock, Secret, type Transport } from '@octo/kernel';
import { openingOf, realClock } from '@octo/testkit';
import { testIdentity } from '@octo/testkit/certificates';
import { Forwarder } from '@octo/testkit/faults';
import { StockAgent } from '@octo/testkit/stock';
import { type FaultyTransport } from '@octo/testkit/transport-faults';
import { serveMachine } from '@octo/tentacle/agent';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listening } from './index.ts';

interface Live extends Transport<object>, AsyncDisposable {}

async function faulty(
  clock: Clock,
  open: (
    home: string,
    trusted: readonly string[],
  ) => Promise<{ port: number; thumbprint: string; end: () => Promise<void> }>,
): Promise<FaultyTransport> {
  const home = await mkdtemp(join(tmpdir(), 'octo-listening-'));
  const { privateKeyPem, ...rest } = await createIdentity({ commonName: 'Octopus Portal', nowMs: Date.now() });
  const agent = await open(home, [rest.thumbprint]);
  const forwarder = await Forwarder.listen({ port: agent.port });
  const identity = { get: async () => ({ ...rest, privateKeyPem: new Secret(privateKeyPem) }) };
  const transport = listening.create({ identity, clock } as never) as Live; // endpoints are parsed before
  return {
    forwarder,
    answer: { direction: 'down', atChunk: 2 }, // behind PROCEED
    open(retryTimeLimitMs) {
      const opening = openingOf({ Uri: `https://127.0.0.1:${forwarder.port}/`, Thumbprint: agent.thumbprint });
      return transport.open(
        { ...opening, limits: { ...opening.limits, retryTimeLimitMs } },
        AbortSignal.timeout(5_000),
      );
    },
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
      await agent.end();
      await forwarder[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A machine of ours that is called through a network that fails. */
export const ours = (clock: Clock): Promise<FaultyTransport> =>
  faulty(clock, async (home, trusted) => {
    const identity = await createIdentity({ commonName: 'Octopus Tentacle', nowMs: Date.now() });
    const stop = new AbortController();
    const { promise, resolve } = Promise.withResolvers<number>();
    const common = { identity, home, trusted, servers: [], connections: 1, name: 'octo agent', environment: {} };
    const listen = { host: '127.0.0.1', port: 0 };
    const serving = serveMachine({ ...common, clock: realClock, listen, onListening: resolve }, stop.signal);
    const end = async () => {
      stop.abort();
      await serving;
    };
    return { port: await promise, thumbprint: identity.thumbprint, end };
  });

/** The same with a stock Tentacle. */
export const stock = (clock: Clock): Promise<FaultyTransport> =>
  faulty(clock, async (workDir, trusted) => {
    const identity = testIdentity('Octopus Tentacle');
    const agent = await StockAgent.listen({ identity, workDir, trusted });
    return { port: agent.port, thumbprint: identity.thumbprint, end: () => agent[Symbol.asyncDispose]() };
  });
