import { openAgent } from '@octo/agent';
import { createIdentity, Halibut } from '@octo/halibut';
import { realClock } from '@octo/testkit';
import { testIdentity } from '@octo/testkit/certificates';
import {
  capabilitiesOf,
  runScript,
  type ScriptEnd,
  StockCaller,
  StockPollingServer,
  StockStream,
} from '@octo/testkit/stock';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tentacleServices } from './agent/index.ts';

// Our agent with what stock servers say: a recorded one, and the test kit's.
const folder = new URL('../../../../shared/vectors/halibut/', import.meta.url);
const isThere = existsSync(folder);

async function machine() {
  const home = await mkdtemp(join(tmpdir(), 'octo-stock-server-'));
  const agent = openAgent({ root: home, clock: realClock, graceMs: 200 });
  onTestFinished(async () => {
    await agent[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });
  return { home, services: tentacleServices({ agent, clock: realClock, name: 'octo agent', home }) };
}

describe.skipIf(!isThere)('the recorded server, listening', () => {
  interface Recording {
    readonly events: readonly { readonly from?: string; readonly kind?: string }[];
    readonly chunks: readonly { readonly from: string; readonly hex: string }[];
  }
  const empty: Recording = { events: [], chunks: [] };
  const recording = isThere
    ? (JSON.parse(readFileSync(new URL('real-listening.json', folder), 'utf8')) as Recording)
    : empty;
  const bytes = Buffer.concat(
    recording.chunks.filter((it) => it.from === 'server').map((it) => Buffer.from(it.hex, 'hex')),
  );
  const requests = recording.events.filter((it) => it.from === 'server' && it.kind === 'message').length;

  test.each([
    ['glued', [bytes]],
    [
      'in pieces of 7 bytes',
      Array.from({ length: Math.ceil(bytes.length / 7) }, (_, n) => bytes.subarray(n * 7, n * 7 + 7)),
    ],
    [
      'in pieces of 1000 bytes',
      Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, n) => bytes.subarray(n * 1000, n * 1000 + 1000)),
    ],
  ])('gets an answer to every request, %s', async (_how, pieces) => {
    const { services } = await machine();
    const [agent, server] = [await createIdentity({ commonName: 'a', nowMs: Date.now() }), testIdentity('server')];
    let answered = 0;
    const counting = {
      ...services,
      find(name: string) {
        const service = services.find(name);
        if (!service) return undefined;
        const invoke: typeof service.invoke = (...call) => service.invoke(...call).finally(() => answered++);
        return { ...service, invoke };
      },
    };
    const errors: unknown[] = [];
    const clients = { isTrusted: () => true, services: counting };
    await using listener = await new Halibut({ identity: agent }).listen({
      host: '127.0.0.1',
      port: 0,
      clients,
      onError: (error) => errors.push(error),
    });
    const socket = connect({ port: listener.port, host: '127.0.0.1', cert: server.certificatePem, key: server.privateKeyPem, rejectUnauthorized: false }); // prettier-ignore
    await once(socket, 'secureConnect');
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1'))).on('error', () => {});
    for (const piece of pieces) socket.write(piece);
    await expect.poll(() => answered, { timeout: 15_000 }).toBe(requests);
    await expect.poll(() => said.split('PROCEED\r\n').length, { timeout: 5_000 }).toBeGreaterThanOrEqual(requests);
    socket.destroy();
    expect({ answered, errors }).toEqual({ answered: requests, errors: [] });
  });
});

describe('the stock server side', () => {
  const script = {
    body: 'echo "hello $1"; cat note.txt; exit 4',
    arguments: ['"big world"'],
    files: { 'note.txt': new StockStream(Buffer.from('noted\n')) },
  };
  const wanted = { exitCode: 4, lines: ['hello big world', 'noted'] };
  const outcome = ({ exitCode, lines }: ScriptEnd) => ({
    exitCode,
    lines: lines.filter((line) => line.source === 0).map((line) => line.text),
  });

  test('runs scripts on our listening agent', async () => {
    const { services } = await machine();
    const identity = await createIdentity({ commonName: 'a', nowMs: Date.now() });
    const server = testIdentity('server');
    const clients = { isTrusted: (thumbprint: string) => thumbprint === server.thumbprint, services };
    await using listener = await new Halibut({ identity }).listen({ host: '127.0.0.1', port: 0, clients });
    await using caller = new StockCaller({
      identity: server,
      to: { port: listener.port, thumbprint: identity.thumbprint },
    });
    expect(await capabilitiesOf(caller)).toContain('IScriptServiceV2');
    expect(outcome(await runScript(caller, script))).toEqual(wanted);
  });

  test('runs scripts on our polling agent, which it does not know to be more', async () => {
    const { services } = await machine();
    const identity = await createIdentity({ commonName: 'a', nowMs: Date.now() });
    const server = testIdentity('server');
    await using listening = await StockPollingServer.listen({ identity: server, trusted: [identity.thumbprint] });
    const stop = new AbortController();
    const to = { host: '127.0.0.1', port: listening.port, thumbprint: server.thumbprint, subscription: 'poll://ours/' };
    const polls = new Halibut({ identity }).poll({ ...to, connections: 2, services }, stop.signal);
    expect(outcome(await runScript(listening.subscription('poll://ours/'), script))).toEqual(wanted);
    stop.abort();
    await polls;
  });
});
