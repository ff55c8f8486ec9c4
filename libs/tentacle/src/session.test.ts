import { type Agent, openAgent } from '@octo/agent';
import { createIdentity, Halibut, type HalibutLimits, type Identity, type Subscription } from '@octo/halibut';
import { type Opening, type Session, type Transport } from '@octo/kernel';
import { openingOf, realClock } from '@octo/testkit';
import { transportContract, type TransportUnderTest, type Unpromised } from '@octo/testkit/transport-contract';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tentacleServices } from './agent/index.ts';
import { openTentacleSession } from './session.ts';

// The contract of transports over real connections, for each set of services that an agent may offer.
let identities: Promise<readonly [Identity, Identity]> | undefined;
const both = () =>
  (identities ??= Promise.all([
    createIdentity({ commonName: 'server', nowMs: Date.now() }),
    createIdentity({ commonName: 'agent', nowMs: Date.now() }),
  ]));
const LIMITS: Partial<HalibutLimits> = { connectSleepMs: 10, reconnectMinMs: 50 };

interface Live extends Transport<object>, AsyncDisposable {}
interface Machine extends AsyncDisposable {
  readonly agent: Agent;
  readonly halibut: Halibut;
  readonly services: ReturnType<typeof tentacleServices>;
}

async function machine(only?: readonly string[]): Promise<Machine> {
  const root = await mkdtemp(join(tmpdir(), 'octo-tentacle-'));
  const [, identity] = await both();
  const agent = openAgent({ root, clock: realClock, graceMs: 200 });
  const services = tentacleServices({ agent, clock: realClock, name: 'octo agent', home: root, ...(only && { only }) });
  return {
    agent,
    services,
    halibut: new Halibut({ identity, limits: LIMITS }),
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const sessionOf = (
  caller: Parameters<typeof openTentacleSession>[0]['caller'],
  { limits, log }: Opening<unknown>,
): Session => openTentacleSession({ caller, clock: realClock, limits, log });

async function listening(only?: readonly string[]): Promise<TransportUnderTest<object>> {
  const it = await machine(only);
  const [identity] = await both();
  const clients = { isTrusted: (thumbprint: string) => thumbprint === identity.thumbprint, services: it.services };
  const listener = await it.halibut.listen({ host: '127.0.0.1', port: 0, clients });
  const make = (): Live => {
    const server = new Halibut({ identity, limits: LIMITS });
    const caller = server.caller({
      host: '127.0.0.1',
      port: listener.port,
      thumbprint: it.halibut.identity.thumbprint,
    });
    return { open: async (to) => sessionOf(caller, to), [Symbol.asyncDispose]: () => caller[Symbol.asyncDispose]() };
  };
  const first = make();
  return {
    transport: first,
    opening: openingOf({}),
    reopen: async () => make(),
    async [Symbol.asyncDispose]() {
      await first[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
      await it[Symbol.asyncDispose]();
    },
  };
}

async function polling(offersMux: boolean, only?: readonly string[]): Promise<TransportUnderTest<object>> {
  const it = await machine(only);
  const [identity] = await both();
  const server = new Halibut({ identity, limits: LIMITS });
  // The second one is what a restarted server would be: it knows nothing of the first.
  const all = new Map(['poll://first/', 'poll://second/'].map((uri) => [uri, server.subscription(uri)]));
  const find = async (uri: string) => {
    const subscription = all.get(uri);
    return subscription && { subscription };
  };
  const listener = await server.listen({ host: '127.0.0.1', port: 0, subscribers: { find } });
  const stop = new AbortController();
  const to = { host: '127.0.0.1', port: listener.port, thumbprint: identity.thumbprint };
  const polls = [...all.keys()].map((subscription) =>
    it.halibut.poll({ ...to, subscription, connections: 3, offersMux, services: it.services }, stop.signal),
  );
  const over = (subscription?: Subscription): Transport<object> => ({
    open: async (opening) => {
      if (!subscription) throw new Error('no subscription');
      return sessionOf(subscription, opening);
    },
  });
  return {
    transport: over(all.get('poll://first/')),
    opening: openingOf({}),
    reopen: async () => over(all.get('poll://second/')),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(polls);
      for (const subscription of all.values()) await subscription[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
      await it[Symbol.asyncDispose]();
    },
  };
}

const V2 = ['ICapabilitiesServiceV2', 'IScriptService', 'IFileTransferService', 'IScriptServiceV2'];
const V1 = ['IScriptService', 'IFileTransferService'];
const WITHOUT: Readonly<Record<string, readonly Unpromised[]>> = {
  v2: ['news at once', 'fences', 'secret files'],
  v1: ['starts once', 'news at once', 'early cancel', 'fences', 'secret files'],
};

transportContract('our agent, polling, one call a connection', () => polling(false), ['news at once']);
transportContract('script service 2, polling', () => polling(false, V2), WITHOUT['v2']);
transportContract('script service 1 without capabilities, listening', () => listening(V1), WITHOUT['v1']);
