import { Binary } from 'bson';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type TLSSocket, connect } from 'node:tls';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { StockAgent } from './agent.ts';
import { ByteQueue } from './byte-queue.ts';
import { decode, deflate, encode, readBson } from './codec.ts';
import { readIdentity, readWord } from './control-lines.ts';
import { readRequest, readResponse } from './messages.ts';
import { AGENT, SERVER, temporary } from './setup.fixture.ts';
import { isFields, StockStream } from './values.ts';

const FOLDER = new URL('../../../../../shared/vectors/halibut/', import.meta.url);
const isThere = existsSync(FOLDER);
const LIMIT = { limitMs: 15_000 };
type From = 'agent' | 'server';

interface Recording {
  readonly events: readonly {
    readonly from: From;
    readonly kind?: 'control' | 'message' | 'stream';
    readonly text?: string;
    readonly bsonHex?: string;
    readonly deflateHex?: string;
    readonly frameHex?: string;
  }[];
  readonly chunks: readonly { readonly from: From; readonly hex: string }[];
}
interface Vector {
  readonly name: string;
  readonly json: string;
  readonly bsonHex: string;
  readonly deflateHex: string;
  readonly streamFramingHex: string;
}

function load<T>(file: string, otherwise: T): T {
  return isThere ? (JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as T) : otherwise;
}
const none: Recording = { events: [], chunks: [] };
const RECORDED = [
  ['real-listening.json', load('real-listening.json', none)],
  ['real-polling.json', load('real-polling.json', none)],
] as const;
const VECTORS = Object.values(load<Readonly<Record<string, Vector>>>('vectors.json', {}));

/** Pieces of the bytes: one each, all in one, or cut at random by a seed. */
function pieces(bytes: Buffer, cut: number | 'bytes' | 'whole'): readonly Buffer[] {
  if (cut === 'whole') return [bytes];
  const found: Buffer[] = [];
  let seed = cut === 'bytes' ? 0 : cut;
  for (let at = 0; at < bytes.length;) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    const size = cut === 'bytes' ? 1 : 1 + ((seed >>> 8) % 600);
    found.push(bytes.subarray(at, at + size));
    at += size;
  }
  return found;
}

const bytesFrom = (recording: Recording, from: From) =>
  Buffer.concat(recording.chunks.filter((chunk) => chunk.from === from).map((chunk) => Buffer.from(chunk.hex, 'hex')));

/** What our readers find in the bytes of one side, in the words of the recording. */
async function reread(recording: Recording, from: From, input: ByteQueue): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { kind, text = '' } of recording.events.filter(
    (event) => event.from === from && event.kind !== undefined,
  )) {
    if (text === 'MX\n\n') found.push((await input.initialRequest(LIMIT)) ?? 'nothing');
    else if (text.startsWith('MX-')) found.push(`${(await readIdentity(input, LIMIT))?.join(' ')}\r\n\r\n`);
    else if (kind === 'control') found.push(`${await readWord(input, LIMIT)}\r\n`);
    else if (kind === 'message') {
      const message = await (from === 'agent' ? readResponse : readRequest)(input, LIMIT, LIMIT);
      found.push(message?.id ?? 'nothing', ...streamsIn(message).map((stream) => frame(stream)));
    }
  }
  return found;
}

function wanted(recording: Recording, from: From): readonly string[] {
  return recording.events
    .filter((event) => event.from === from && event.kind !== undefined)
    .map(({ kind, text = '', bsonHex = '', frameHex = '' }) =>
      kind === 'message' ? String(decode(Buffer.from(bsonHex, 'hex')).Message.id) : kind === 'stream' ? frameHex : text,
    );
}

function streamsIn(value: unknown): readonly StockStream[] {
  if (value instanceof StockStream) return [value];
  if (Array.isArray(value)) return value.flatMap(streamsIn);
  return isFields(value) ? Object.values(value).flatMap(streamsIn) : [];
}

function frame({ id, bytes }: StockStream): string {
  const length = Buffer.alloc(8);
  length.writeBigInt64LE(BigInt(bytes.length));
  return Buffer.concat([id, length, bytes, length]).toString('hex');
}

/** A value of a JSON view: `$guid`, `$int64` and ISO dates stand for what JSON has not. */
function revived(_key: string, value: unknown): unknown {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return new Date(value);
  if (!isFields(value)) return value;
  if (typeof value.$int64 === 'string') return BigInt(value.$int64);
  if (typeof value.$guid !== 'string') return value;
  const [a = '', b = '', c = '', ...rest] = value.$guid.split('-').map((part) => Buffer.from(part, 'hex'));
  return new Binary(
    Buffer.concat([...[a, b, c].map((part) => Buffer.from(part).reverse()), ...rest.map(Buffer.from)]),
    4,
  );
}

describe.skipIf(!isThere)('messages of ../shared/vectors/halibut (halibut.md 3, 12)', () => {
  test.each(RECORDED)('%s: every message decodes, and encodes again to the same BSON', async (_file, recording) => {
    const messages = recording.events.filter((event) => event.kind === 'message');
    expect(messages.length).toBeGreaterThan(40);
    for (const { bsonHex = '', deflateHex = '' } of messages) {
      const input = new ByteQueue();
      input.push(Buffer.from(`${deflateHex}4e455854`, 'hex'));
      const bson = await readBson(input, LIMIT, LIMIT);
      expect(bson?.toString('hex')).toBe(bsonHex);
      expect((await input.some('the rest', LIMIT))?.toString()).toBe('NEXT');
      expect(encode(decode(bson!).Message).bson.toString('hex')).toBe(bsonHex);
    }
  });

  test.each(VECTORS.map((vector) => [vector.name, vector] as const))('%s', async (_name, vector) => {
    const { Message } = JSON.parse(vector.json, revived) as { readonly Message: unknown };
    const { bson } = encode(Message);
    expect(bson.toString('hex')).toBe(vector.bsonHex);
    expect(encode(decode(bson).Message).bson.toString('hex')).toBe(vector.bsonHex);
    for (const hex of [vector.deflateHex, deflate(bson).toString('hex')]) {
      const input = new ByteQueue();
      for (const piece of pieces(Buffer.from(hex + vector.streamFramingHex, 'hex'), 'bytes')) input.push(piece);
      input.end();
      const isResponse = vector.json.includes('ResponseMessage');
      const message = await (isResponse ? readResponse : readRequest)(input, LIMIT, LIMIT);
      expect(streamsIn(message).map(frame).join('')).toBe(vector.streamFramingHex);
      expect(await input.some('nothing', LIMIT)).toBeUndefined();
    }
  });
});

describe.skipIf(!isThere).each(RECORDED)('%s, its bytes in pieces (halibut.md 3.3)', (_file, recording) => {
  const cuts = ['bytes', 'whole', 1, 2, 3] as const;
  test.each(cuts.flatMap((cut) => [['agent', cut] as const, ['server', cut] as const]))(
    'what the %s sent is read as it was recorded (%s)',
    async (from, cut) => {
      const input = new ByteQueue();
      const reading = reread(recording, from, input);
      for (const piece of pieces(bytesFrom(recording, from), cut)) {
        input.push(piece);
        await new Promise(setImmediate); // so that the reader sees it alone
      }
      input.end();
      expect(await reading).toEqual(wanted(recording, from));
      expect(await input.some('nothing', LIMIT)).toBeUndefined();
    },
  );
});

describe.skipIf(!isThere)('a stock agent that is sent what the real server sent', () => {
  const identity = { key: SERVER.privateKeyPem, cert: SERVER.certificatePem, rejectUnauthorized: false };
  const ids = (recording: Recording) => wanted(recording, 'agent').filter((one) => one.includes('::'));

  test.each([1, 2])('listening: it answers all of it, in order (cut %i)', async (cut) => {
    const recording = RECORDED[0][1];
    await using work = await temporary();
    const trusted = [SERVER.thumbprint];
    await using agent = await StockAgent.listen({ identity: AGENT, trusted, workDir: work.path });
    const socket = connect({ ...identity, port: agent.port, host: '127.0.0.1' });
    await once(socket, 'secureConnect');
    const answers = collected(socket);
    for (const piece of pieces(bytesFrom(recording, 'server'), cut)) socket.write(piece);
    await readIdentity(answers, LIMIT);
    for (const [n, id] of ids(recording).entries()) {
      const proceed = n === 0 ? 'PROCEED' : await readWord(answers, LIMIT); // in front of every request but the first
      expect([proceed, await readResponse(answers, LIMIT, LIMIT)]).toMatchObject(['PROCEED', { id, error: null }]);
    }
    socket.destroy();
  });

  test.each([1, 2])('polling: it answers all of it, in order (cut %i)', async (cut) => {
    const recording = RECORDED[1][1];
    await using work = await temporary();
    const server = createServer({ ...identity, requestCert: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const to = { port: (server.address() as AddressInfo).port, thumbprint: SERVER.thumbprint };
    const subscription = 'poll://abcdefghijklmnopqrst/';
    const agent = await StockAgent.poll({ identity: AGENT, server: to, workDir: work.path, subscription });
    const [socket] = (await once(server, 'secureConnection')) as [TLSSocket];
    const answers = collected(socket);
    for (const piece of pieces(bytesFrom(recording, 'server'), cut)) socket.write(piece);
    expect(await answers.initialRequest(LIMIT)).toBe('MX\n\n');
    expect(await readIdentity(answers, LIMIT)).toEqual(['MX-SUBSCRIBER', '1.0', subscription]);
    for (const id of ids(recording)) {
      expect(await readResponse(answers, LIMIT, LIMIT)).toMatchObject({ id, error: null });
      expect(await readWord(answers, LIMIT)).toBe('NEXT');
    }
    await agent[Symbol.asyncDispose]();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  });
});

function collected(socket: TLSSocket): ByteQueue {
  const queue = new ByteQueue();
  socket.on('data', (chunk: Buffer) => void queue.push(chunk));
  socket.on('error', (error) => queue.end(error));
  socket.on('close', () => queue.end());
  return queue;
}
