import fc from 'fast-check';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { connect as connectTcp } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readBson } from './bson-read.ts';
import { writeBson } from './bson-write.ts';
import { parseIdentity } from './control.ts';
import { HalibutError } from './errors.ts';
import { readDeflated } from './framing.ts';
import { Echo, hostOf, identityOf, side } from './halibut.fixture.ts';
import { DEFAULT_LIMITS, type HalibutLimits } from './limits.ts';
import { bindParams, readMessage } from './message.ts';
import { object, text } from './contract.ts';
import { Mux } from './mux.ts';
import { type Refusal } from './listener.ts';
import { Wire } from './wire.ts';

// Every byte from outside is hostile. What is refused is refused as OCTO_TRANSPORT_PROTOCOL; nothing crashes or hangs.
const refused = (error: unknown) => {
  if (HalibutError.isOne(error) && error.code === 'OCTO_TRANSPORT_PROTOCOL') return;
  throw error;
};
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.array(tie('any'), { maxLength: 5 }),
    fc.dictionary(fc.string().filter((k) => !k.includes('\0') && k !== '__proto__' && k !== '$type'), tie('any'), { maxKeys: 5 }), // prettier-ignore
  ),
})).any;

describe('documents', () => {
  test('whatever is written is read again as it was', () => {
    fc.assert(
      fc.property(value, (it) => {
        const { bytes } = writeBson({ Message: it });
        expect(readBson(bytes, DEFAULT_LIMITS)).toEqual(
          readBson(writeBson(readBson(bytes, DEFAULT_LIMITS)).bytes, DEFAULT_LIMITS),
        );
      }),
    );
  });

  test('bytes that are no document are refused, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readBson(bytes, DEFAULT_LIMITS);
        } catch (error) {
          refused(error);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('a good document with some bytes changed or cut is read or refused', () => {
    fc.assert(
      fc.property(
        value,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.nat(20),
        (it, changes, less) => {
          const { bytes } = writeBson({ Message: it });
          const spoilt = Buffer.from(bytes.subarray(0, Math.max(0, bytes.length - less)));
          for (const [at, byte] of changes) if (spoilt.length > 0) spoilt[at % spoilt.length] = byte;
          try {
            const message = readMessage(spoilt, DEFAULT_LIMITS);
            if (message.kind === 'request') bindParams(message, { params: [object('A, B'), text], result: text });
          } catch (error) {
            refused(error);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('one that is too deep, has too many members, or wants to be the prototype is refused', () => {
    const deep = (n: number): unknown => (n === 0 ? null : { a: deep(n - 1) });
    expect(() => readBson(writeBson({ a: deep(65) }).bytes, DEFAULT_LIMITS)).toThrow('nested');
    expect(() => readBson(writeBson({ a: Array(101).fill(null) }).bytes, { depth: 9, elements: 100 })).toThrow(
      'too many',
    );
    const evil = writeBson({ ['x'.repeat(9)]: { polluted: 1 } }).bytes;
    evil.write('__proto__', 5);
    expect(() => readBson(evil, DEFAULT_LIMITS)).toThrow('__proto__');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('a type that the contract does not name is refused (halibut.md 3.7)', () => {
    const request = {
      kind: 'request',
      id: '1',
      service: 'S',
      method: 'M',
      params: [{ $type: 'System.Diagnostics.Process, System' }],
    } as const;
    expect(() => bindParams(request, { params: [object('Good, One')], result: text })).toThrow('not allowed');
  });

  test.each(['', 'MX-CLIENTS 1.0', 'NEXT', 'mx-client 1.0', 'MX-SUBSCRIBER 1.0', 'MX-SUBSCRIBER 1.0 nonsense'])(
    'the identity %j is refused (10.2, 2)',
    (line) => expect(() => parseIdentity(line, 'peer')).toThrow(HalibutError),
  );
  test('versions are not looked at, more words are passed over (2.3)', () => {
    expect(parseIdentity('MX-CLIENT 9.9', 'p')).toMatchObject({ word: 'MX-CLIENT' });
    expect(parseIdentity('MX-SUBSCRIBER 1.0 POLL://ABC more words', 'p')).toMatchObject({ uri: 'poll://abc/' });
  });
});

describe('messages', () => {
  const reading = async (bytes: Uint8Array, limits: Partial<HalibutLimits> = {}, end = true) => {
    const source = new PassThrough();
    const wire = new Wire(source, 'peer');
    source.write(bytes);
    if (end) source.end();
    return {
      wire,
      document: await readDeflated(wire, { ...DEFAULT_LIMITS, readWriteMs: 200, ...limits }, 200, 'a message'),
    };
  };

  test('any bytes are a message, are refused, or end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        await reading(bytes).catch((error: unknown) => {
          if (!HalibutError.isOne(error)) throw error;
        });
      }),
      { numRuns: 500 },
    );
  });

  test('what inflates to more than is allowed is refused before it is all there', async () => {
    const bomb = deflateRawSync(Buffer.alloc(200 * 1024 * 1024));
    await expect(reading(bomb, { messageBytes: 4 * 1024 * 1024 })).rejects.toMatchObject({
      code: 'OCTO_TRANSPORT_PROTOCOL',
    });
  });

  test('a further empty final block belongs to the message, also when it comes late (10.2, 6)', async () => {
    const bson = writeBson({ Message: 'x'.repeat(3000) }).bytes;
    const open = deflateRawSync(bson, { finishFlush: 2 }); // Z_SYNC_FLUSH: no final block
    const source = new PassThrough();
    const wire = new Wire(source, 'peer');
    const document = readDeflated(wire, DEFAULT_LIMITS, 1_000, 'a message');
    source.write(open);
    await new Promise((resolve) => setTimeout(resolve, 50));
    source.write(Buffer.concat([Buffer.from([3, 0]), Buffer.from('NEXT\r\n')]));
    expect((await document)?.equals(bson)).toBe(true);
    expect(wire.peek().toString()).toBe('NEXT\r\n');
  });

  test('one that stops in the middle ends with its limit', async () => {
    const half = deflateRawSync(writeBson({ Message: 'x'.repeat(100_000) }).bytes).subarray(0, 50);
    await expect(reading(half, { readWriteMs: 50 }, false)).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_TIMEOUT' });
  });
});

test('frames of a multiplexed connection that make no sense end it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 9, maxLength: 400 }), async (bytes) => {
      const source = new PassThrough();
      source.on('error', () => {});
      let opened = 0;
      const mux = new Mux(source, {
        peer: 'p',
        limits: { ...DEFAULT_LIMITS, callsPerConnection: 3 },
        ahead: Buffer.alloc(0),
        onChannel: () => opened++,
      });
      mux.closed.addEventListener('abort', () => {});
      source.emit('data', Buffer.from(bytes));
      expect(opened).toBeLessThanOrEqual(3);
      expect(mux.load).toBeLessThanOrEqual(3);
      mux.destroy();
    }),
    { numRuns: 1_000 },
  );
});

describe('a port that agents connect to', () => {
  async function open(limits: Partial<HalibutLimits> = {}) {
    const [server, agent] = [await side('server', limits), await side('agent')];
    const refusals: Refusal[] = [];
    const errors: unknown[] = [];
    const subscription = server.subscription('poll://mine/');
    const changed = new AbortController();
    const listener = await server.listen({
      host: '127.0.0.1',
      port: 0,
      subscribers: {
        find: async (uri, thumbprint) =>
          uri === 'poll://mine/' && thumbprint === agent.identity.thumbprint
            ? { subscription, changed: changed.signal }
            : undefined,
      },
      onRefused: (refusal) => refusals.push(refusal),
      onError: (error) => errors.push(error),
    });
    return {
      listener,
      refusals,
      errors,
      subscription,
      changed,
      [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
    };
  }
  async function dial(port: number, who?: string): Promise<TLSSocket> {
    const identity = who === undefined ? undefined : await identityOf(who);
    const socket = connect({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ...(identity && { cert: identity.certificatePem, key: identity.privateKeyPem }),
    });
    socket.on('error', () => {});
    await once(socket, 'secureConnect');
    return socket;
  }
  async function saidAfter(socket: TLSSocket, words: string): Promise<string> {
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
    socket.write(words);
    await new Promise((resolve) => socket.once('close', resolve));
    return said;
  }

  test.each([
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST /handshake HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
    'HELLO\n\n',
  ])('answers %j with a page and status 200 (1.5)', async (words) => {
    await using it = await open();
    const said = await saidAfter(await dial(it.listener.port), words);
    expect(said).toMatch(
      /^HTTP\/1\.0 200 OK\r\nContent-Type: text\/html; charset=utf-8\r\nContent-Length: \d+\r\n\r\n<html>/,
    );
    expect(said.endsWith('\r\n\r\n')).toBe(true);
  });

  test.each([
    ['no certificate', undefined, 'MX\n\nMX-SUBSCRIBER 1.0 poll://mine/\r\n\r\n'],
    ['the subscription of another', 'stranger', 'MX\r\n\r\nMX-SUBSCRIBER 1.0 poll://mine/\r\n\r\n'],
    ['an unknown subscription', 'agent', 'MX\r\n\r\nMX-SUBSCRIBER 1.0 poll://other/\r\n\r\n'],
    ['MX-CLIENT', 'agent', 'MX\r\n\r\nMX-CLIENT 1.0\r\n\r\n'],
    ['MX-SERVER', 'agent', 'MX\r\n\r\nMX-SERVER 1.0\r\n\r\n'],
  ])('closes without a byte on %s (1.4)', async (_what, who, words) => {
    await using it = await open();
    expect(await saidAfter(await dial(it.listener.port, who), words)).toBe('');
    expect(it.refusals).toHaveLength(1);
  });

  test('lets an agent in, whichever line ends it uses, and out again when its registration changes', async () => {
    await using it = await open();
    const socket = await dial(it.listener.port, 'agent');
    const answer = once(socket, 'data');
    socket.write('MX\n\nMX-SUBSCRIBER 1.0 POLL://Mine\r\n\r\n');
    const said = await answer;
    expect(String(said[0])).toBe('MX-SERVER 1.0\r\n\r\n');
    await expect.poll(() => it.subscription.connections).toBe(1);
    it.changed.abort();
    await once(socket, 'close');
    await expect.poll(() => it.subscription.connections).toBe(0);
  });

  test('ends whoever says nothing, or speaks one letter at a time, or never comes to an end', async () => {
    await using it = await open({ identifyMs: 300 });
    const silent = await dial(it.listener.port);
    const slow = await dial(it.listener.port, 'agent');
    const dripping = setInterval(() => slow.write('M'), 20);
    const endless = await dial(it.listener.port);
    endless.write('x'.repeat(30_000));
    const plain = connectTcp({ port: it.listener.port, host: '127.0.0.1' }); // no TLS at all
    plain.on('error', () => {});
    await Promise.all(
      [silent, slow, endless, plain].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
    clearInterval(dripping);
  });

  test('takes no more strangers than it should', async () => {
    await using it = await open({ strangersPerAddress: 2 });
    const sockets = [await dial(it.listener.port), await dial(it.listener.port)];
    const third = connectTcp({ port: it.listener.port, host: '127.0.0.1' });
    third.on('error', () => {});
    await once(third, 'close');
    for (const socket of sockets) socket.destroy();
  });

  test('who has said who he is counts as a stranger no more', async () => {
    await using it = await open({ strangersPerAddress: 2 });
    for (let n = 1; n <= 5; n++) {
      const socket = await dial(it.listener.port, 'agent');
      socket.write('MX\n\nMX-SUBSCRIBER 1.0 poll://mine/\r\n\r\n');
      await expect.poll(() => it.subscription.connections).toBe(n);
    }
  });

  test('nonsense behind the identity ends the connection, not the listener', async () => {
    await using it = await open();
    const socket = await dial(it.listener.port, 'agent');
    socket.write('MX\n\nMX-SUBSCRIBER 1.0 poll://mine/\r\n\r\n');
    await expect.poll(() => it.subscription.connections).toBe(1);
    const call = it.subscription.call(
      { service: new Echo().contract, method: 'Say', params: ['x'] },
      AbortSignal.timeout(5_000),
    );
    socket.write(Buffer.from('\x07nonsense'));
    await expect(call).rejects.toMatchObject({ started: 'maybe' });
    const again = await dial(it.listener.port);
    again.destroy();
    expect(hostOf().find('x')).toBeUndefined();
  });
});
