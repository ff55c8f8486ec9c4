import { createIdentity, type Identity } from '@octo/halibut';
import { Secret } from '@octo/kernel';
import { openingOf, realClock } from '@octo/testkit';
import { type StockAgent as Stock, StockAgent } from '@octo/testkit/stock';
import { testIdentity } from '@octo/testkit/certificates';
import { transportContract, type TransportUnderTest, type Unpromised } from '@octo/testkit/transport-contract';
import { serveMachine } from '@octo/tentacle/agent';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listening } from './index.ts';

type Listening = Awaited<ReturnType<TransportUnderTest<object>['reopen']>>;
let server: Promise<Identity> | undefined;
const serverIdentity = () => (server ??= createIdentity({ commonName: 'Octopus Portal', nowMs: Date.now() }));

async function plugin(): Promise<Listening> {
  const { privateKeyPem, ...rest } = await serverIdentity();
  const identity = { get: async () => ({ ...rest, privateKeyPem: new Secret(privateKeyPem) }) };
  return listening.create({ identity, clock: realClock } as never) as Listening; // endpoints are parsed before
}

async function under(port: number, thumbprint: string, end: () => Promise<void>): Promise<TransportUnderTest<object>> {
  const transport = await plugin();
  const opening = openingOf({ Uri: `https://127.0.0.1:${port}/`, Thumbprint: thumbprint });
  return {
    transport,
    opening,
    reopen: plugin,
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]?.();
      await end();
    },
  };
}

async function ours(): Promise<TransportUnderTest<object>> {
  const home = await mkdtemp(join(tmpdir(), 'octo-listening-'));
  const identity = await createIdentity({ commonName: 'Octopus Tentacle', nowMs: Date.now() });
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<number>();
  const common = {
    identity,
    home,
    servers: [],
    connections: 1,
    name: 'octo agent',
    environment: {},
    clock: realClock,
    graceMs: 300,
  };
  const trusted = [(await serverIdentity()).thumbprint];
  const serving = serveMachine(
    { ...common, trusted, listen: { host: '127.0.0.1', port: 0 }, onListening: resolve },
    stop.signal,
  );
  return under(await promise, identity.thumbprint, async () => {
    stop.abort();
    await serving;
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });
}

async function stock(more: { readonly withoutCapabilities?: boolean; readonly tls?: '1.2' | '1.3' }) {
  const workDir = await mkdtemp(join(tmpdir(), 'octo-stock-'));
  const identity = testIdentity('Octopus Tentacle');
  const trusted = [(await serverIdentity()).thumbprint];
  const agent: Stock = await StockAgent.listen({ identity, workDir, trusted, ...more });
  return under(agent.port, identity.thumbprint, async () => {
    await agent[Symbol.asyncDispose]();
    await rm(workDir, { recursive: true, force: true, maxRetries: 5 });
  });
}

/** What the real program does not do, or does otherwise (halibut.md 5.5, 7.5, 12). */
const V2: readonly Unpromised[] = ['news at once', 'end of a tree is seen', 'early cancel', 'fences', 'secret files', 'unknown bytes as one mark']; // prettier-ignore

transportContract('our agent, listening', ours);
transportContract('a stock Tentacle, listening, TLS 1.3', () => stock({ tls: '1.3' }), V2);
transportContract('a Tentacle of old, listening, TLS 1.2', () => stock({ tls: '1.2', withoutCapabilities: true }), [
  'starts once',
  ...V2,
]);

test('the thumbprint of what listens somewhere is found out', async () => {
  await using it = await ours();
  const { Uri, Thumbprint } = it.opening.endpoint as { Uri: string; Thumbprint: string };
  const at = { host: '127.0.0.1', port: Number(new URL(Uri).port) };
  expect(await it.transport.discover?.(at, AbortSignal.timeout(5_000))).toEqual({ Uri, Thumbprint });
});
