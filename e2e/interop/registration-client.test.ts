import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { type AddressInfo } from 'node:net';
import { createIdentity } from '@octo/halibut';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fakeDeps, memorySettings } from '../../cli/src/tentacle/rest/deps.fixture.ts';
import { type RestDeps } from '../../cli/src/tentacle/rest/deps.ts';
import { deregister, REGISTERED_WORKER } from '../../cli/src/tentacle/rest/deregister.ts';
import { worker } from '../../cli/src/tentacle/rest/machine-kinds.ts';
import { pollServer } from '../../cli/src/tentacle/rest/poll-server.ts';
import { register } from '../../cli/src/tentacle/rest/register.ts';
import { showServerConfiguration } from '../../cli/src/tentacle/rest/show-server-configuration.ts';
import { Stub } from '../../cli/src/tentacle/rest/stub.fixture.ts';

const FILE = new URL('../../../shared/vectors/rest/tentacle-registration.json', import.meta.url);

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly status: number;
  readonly answer: string;
}
interface Run {
  readonly name: string;
  readonly exit: number;
  readonly output: string | null;
  readonly exchange: readonly Exchange[];
}
interface Recording {
  readonly runs: readonly Run[];
  readonly answers: Readonly<Record<string, unknown>>;
}
const isThere = existsSync(FILE);
const nothing: Recording = {
  runs: [{ name: 'no ../shared/vectors/rest here', exit: 0, output: null, exchange: [] }],
  answers: {},
};
const recording = isThere ? (JSON.parse(readFileSync(FILE, 'utf8')) as Recording) : nothing;

const SERVER = '0123456789ABCDEF0123456789ABCDEF01234567';
const LISTENING = 'CACD4F2C31A49F4F2928FE9AD35A4FE5B2AF222B';
const POLLING = '452948972EBAD6B9BCE71643CC5209810A1C320A';
const SUBSCRIPTION = 'poll://yg55bnmbq4td7bcrz4w6/';
const { signal } = new AbortController();

/** One run of our own commands with what the recorded program was given. */
type Play = (server: string, deps: RestDeps, commsPort: number) => Promise<unknown>;
const key = { apiKey: 'API-RECORDED000000000000000000' };
const web1 = { ...key, name: 'web-1', publicHostName: 'web-1.example', commsStyle: 'TentaclePassive' };
const pool = worker(['Default Worker Pool']);
const PLAYS: Readonly<Record<string, Play>> = {
  'register-worker-listening': (server, deps) => register(pool, { ...web1, server }, deps, signal),
  'register-worker-again': (server, deps) => register(pool, { ...web1, server }, deps, signal),
  'register-worker-force': (server, deps) => register(pool, { ...web1, server, force: true }, deps, signal),
  'register-worker-polling': (server, deps, serverCommsPort) =>
    register(pool, { ...key, server, name: 'poll-1', commsStyle: 'TentacleActive', serverCommsPort }, deps, signal),
  'register-worker-unknown-pool': (server, deps) =>
    register(worker(['Nope']), { ...key, server, name: 'web-2' }, deps, signal),
  'register-worker-bad-key': (server, deps) => register(pool, { ...web1, apiKey: 'API-BAD', server }, deps, signal),
  'show-configuration': (server, deps) => showServerConfiguration({ ...key, server }, deps, signal),
  'deregister-worker': (server, deps) => deregister(REGISTERED_WORKER, { ...key, server }, deps, signal),
  'poll-server': (server, deps, serverCommsPort) => pollServer({ ...key, server, serverCommsPort }, deps, signal),
};

describe.skipIf(!isThere)(
  'our commands ask what the recorded Tentacle executable asked (halibut.md 9.3 to 9.7)',
  () => {
    let comms: Server;
    let commsPort: number;
    beforeAll(async () => {
      const identity = await createIdentity({ commonName: 'Octopus Server', nowMs: Date.now() });
      comms = createServer({ key: identity.privateKeyPem, cert: identity.certificatePem }, (_request, response) =>
        response.end('hello'),
      );
      comms.listen(0, '127.0.0.1');
      await once(comms, 'listening');
      commsPort = (comms.address() as AddressInfo).port; // it listens on TCP
    });
    afterAll(() => comms?.close());

    test.each(recording.runs.map((run) => [run.name, run] as const))('%s', async (name, run) => {
      const play = PLAYS[name];
      if (!play) throw new Error(`the recording has a run ${name} that this test does not know`);
      let at = 0;
      await using stub = await Stub.open(() => {
        const next = run.exchange[at++];
        if (!next) return { status: 500, body: { ErrorMessage: 'one request more than was recorded' } };
        return { status: next.status, body: recording.answers[next.answer] };
      });
      const deps = fakeDeps({ settings: settingsOf(name), newSubscriptionId: () => SUBSCRIPTION });
      const { exit, message, result } = await outcome(play(stub.url, deps, commsPort));

      const asked = stub.seen.map(({ method, path, headers, content }) => {
        const { host: _host, 'user-agent': _agent, 'content-length': _length, ...told } = headers;
        return { method, path, headers: told, body: content === '' ? null : (JSON.parse(content) as unknown) };
      });
      const recorded = run.exchange.map(({ method, path, headers: { 'user-agent': _agent, ...told }, body }) => ({
        method,
        path,
        headers: told,
        body,
      }));
      expect(asked).toEqual(recorded);
      expect(exit).toBe(run.exit);
      if (name === 'show-configuration') return expectShown(result, run.output);
      if (run.output === null) return;
      const said = [...deps.said, ...(exit === 1 ? [message] : []), ''].join('\n');
      expect(said.replaceAll(stub.url, 'URL').replaceAll(` ${commsPort}...`, ' 10943...')).toBe(run.output);
    });

    test('members of a new record stand in the recorded order', async () => {
      const run = recording.runs.find(({ name }) => name === 'register-worker-listening');
      const wanted = run?.exchange.find(({ method }) => method === 'POST');
      let at = 0;
      await using stub = await Stub.open(() => {
        const next = run?.exchange[at++];
        return { status: next?.status ?? 500, body: recording.answers[next?.answer ?? ''] };
      });
      await register(pool, { ...web1, server: stub.url }, fakeDeps({ settings: settingsOf('listening') }), signal);
      const sent = stub.seen.find(({ method }) => method === 'POST')?.content;
      expect(sent).toBe(JSON.stringify(wanted?.body, null, 2));
    });

    test('both ways of registering end with trust of their kind', async () => {
      for (const [name, style] of [
        ['register-worker-listening', 'TentaclePassive'],
        ['register-worker-polling', 'TentacleActive'],
      ] as const) {
        let at = 0;
        const run = recording.runs.find((one) => one.name === name);
        await using stub = await Stub.open(() => {
          const next = run?.exchange[at++];
          return { status: next?.status ?? 500, body: recording.answers[next?.answer ?? ''] };
        });
        const deps = fakeDeps({ settings: settingsOf(name), newSubscriptionId: () => SUBSCRIPTION });
        await PLAYS[name]?.(stub.url, deps, commsPort);
        const isPolling = style === 'TentacleActive';
        const address = isPolling ? `https://127.0.0.1:${commsPort}` : null;
        const subscriptionId = isPolling ? SUBSCRIPTION : null;
        expect(deps.settings.trusted).toEqual([{ thumbprint: SERVER, style, address, subscriptionId }]);
        expect(deps.settings.pollingConnectionCount).toBe(isPolling ? 5 : undefined);
      }
    });
  },
);

function settingsOf(name: string): RestDeps['settings'] {
  const isPolling = /poll/.test(name);
  const entry = {
    thumbprint: SERVER,
    style: 'TentacleActive',
    address: 'https://first:10943',
    subscriptionId: SUBSCRIPTION,
  } as const;
  return memorySettings({
    instance: isPolling ? 'Polling2' : 'Listening2',
    thumbprint: isPolling ? POLLING : LISTENING,
    trusted: name === 'poll-server' ? [entry] : [],
  });
}

async function outcome(play: Promise<unknown>): Promise<{ exit: number; message: string; result: unknown }> {
  try {
    return { exit: 0, message: '', result: await play };
  } catch (error) {
    const { kind, message } = error as { kind?: string; message: string }; // whatever our commands throw is an Error
    return { exit: kind === 'KnownFailure' ? 1 : 100, message, result: undefined };
  }
}

/** The recorded output holds the local settings as well; they are another room's. */
function expectShown(result: unknown, output: string | null): void {
  const { Tentacle } = JSON.parse(output ?? '{}') as { Tentacle: Record<string, Record<string, unknown>> };
  const { DisplayName, MachinePolicy, WorkerPools, Communication } = Tentacle;
  const PublicHostName = Communication?.PublicHostName;
  expect(result).toEqual({ DisplayName, MachinePolicy, WorkerPools, Communication: { PublicHostName } });
}
