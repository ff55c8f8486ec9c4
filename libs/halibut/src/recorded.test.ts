import { existsSync, readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { readBson } from './bson-read.ts';
import { writeBson } from './bson-write.ts';
import { readControl, readIdentity } from './control.ts';
import { Frames } from './frames.ts';
import { readDeflated } from './framing.ts';
import { type IncomingStream } from './incoming.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { bindParams, bindResult, readMessage } from './message.ts';
import { object, stream, text, type TypeContract } from './contract.ts';
import { readOpening } from './opening.ts';
import { Wire } from './wire.ts';

// Conversations between the real programs, and messages of a reference encoder (halibut.md 10.3, 12).
const folder = new URL('../../../../shared/vectors/halibut/', import.meta.url);
const isThere = existsSync(folder);

interface Vector {
  readonly name: string;
  readonly bsonHex: string;
  readonly deflateHex: string;
}
interface Event {
  readonly from?: 'server' | 'agent';
  readonly kind?: 'control' | 'message' | 'stream';
  readonly text?: string;
  readonly bsonHex?: string;
  readonly id?: string;
  readonly frameHex?: string;
}
interface Conversation {
  readonly events: readonly Event[];
  readonly chunks: readonly { readonly from: 'server' | 'agent'; readonly hex: string }[];
}
function load<T>(name: string, otherwise: T): T {
  return isThere ? (JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as T) : otherwise;
}
const hex = (text: string) => Buffer.from(text, 'hex');

describe.skipIf(!isThere)('messages of a reference encoder', () => {
  const vectors = load<readonly Vector[]>('vectors.json', [
    { name: 'no ../shared/vectors/halibut here', bsonHex: '', deflateHex: '' },
  ]);

  test.each(vectors.map((v) => [v.name, v] as const))(
    '%s decodes, and encodes to the same bytes',
    async (_name, vector) => {
      const document = readBson(hex(vector.bsonHex), DEFAULT_LIMITS);
      expect(writeBson(document).bytes.toString('hex')).toBe(vector.bsonHex);
      const source = new PassThrough();
      const wire = new Wire(source, 'vector');
      source.write(Buffer.concat([hex(vector.deflateHex), Buffer.from('NEXT\r\n')]));
      const bytes = await readDeflated(wire, DEFAULT_LIMITS, 1_000, 'a message');
      expect(bytes?.toString('hex')).toBe(vector.bsonHex);
      expect(await readControl(wire, 1_000)).toBe('NEXT');
    },
  );
});

describe.skipIf(!isThere).each(['listening', 'polling'])('the recorded %s conversation', (mode) => {
  const { events, chunks } = load<Conversation>(`real-${mode}.json`, { events: [], chunks: [] });
  const cuts = [
    ['as it came', (bytes: readonly Buffer[]) => bytes],
    ['glued', (bytes: readonly Buffer[]) => [Buffer.concat(bytes)]],
    ['byte by byte', (bytes: readonly Buffer[]) => Array.from(Buffer.concat(bytes), (byte) => Buffer.from([byte]))],
    ...[1, 2, 3].map(
      (seed) => [`cut at random (${seed})`, (bytes: readonly Buffer[]) => cut(Buffer.concat(bytes), seed)] as const,
    ),
  ] as const;

  describe.each(['server', 'agent'] as const)('of the %s', (side) => {
    test.each(cuts)('is understood %s, to the last byte', async (_how, cutting) => {
      const source = new PassThrough();
      const wire = new Wire(source, side);
      const pieces = cutting(chunks.filter((chunk) => chunk.from === side).map((chunk) => hex(chunk.hex)));
      void (async () => {
        for (const piece of pieces) {
          source.write(piece);
          if (pieces.length < 5_000) await new Promise(setImmediate);
        }
        source.end();
      })();
      const mine = events.filter((event) => event.from === side && event.kind !== undefined);
      const opens = mine[0]?.text?.startsWith('MX\n') === true || mine[0]?.text?.startsWith('MX\r') === true;
      expect(await follow(wire, mine, opens)).toEqual(expected(mine, opens));
      expect(await wire.more(0, 1_000, 'nothing more')).toBe(false);
    });
  });
});

/** Read what one side said with the readers of this package, guided by the kinds of the recorded events. */
async function follow(wire: Wire, events: readonly Event[], opens: boolean): Promise<readonly unknown[]> {
  const read: unknown[] = opens ? [await readOpening(wire, DEFAULT_LIMITS)] : [];
  let streams: readonly IncomingStream[] = [];
  for (const [at, { kind, id }] of events.slice(read.length).entries()) {
    if (kind === 'control')
      read.push(at === 0 ? (await readIdentity(wire, 1_000))?.word : await readControl(wire, 1_000));
    if (kind === 'message') {
      const bytes = (await readDeflated(wire, DEFAULT_LIMITS, 1_000, 'a message')) ?? Buffer.alloc(0);
      streams = streamsOf(bytes);
      read.push([bytes, writeBson(readBson(bytes, DEFAULT_LIMITS)).bytes].map((it) => it.toString('hex')));
    }
    if (kind === 'stream')
      read.push(
        await frameOf(
          wire,
          streams.find((it) => it.id.toString() === id),
        ),
      );
  }
  return read;
}

/** What `follow` has to read. */
function expected(events: readonly Event[], opens: boolean): readonly unknown[] {
  return events.map(({ kind, text: words = '', bsonHex, frameHex }, at) => {
    if (kind === 'message') return [bsonHex, bsonHex];
    if (kind === 'stream') return frameHex;
    if (opens && at === 0) return words;
    return at === (opens ? 1 : 0) ? words.split(' ')[0] : words.trim();
  });
}

async function frameOf(wire: Wire, stream: IncomingStream | undefined): Promise<string> {
  if (!stream) return 'a stream that nothing announced';
  new Frames(wire, DEFAULT_LIMITS, [stream]);
  const length = Buffer.alloc(8);
  length.writeBigInt64LE(BigInt(stream.lengthBytes));
  const parts: Uint8Array[] = [stream.id.bytes, length];
  for await (const part of stream.read(AbortSignal.timeout(1_000))) parts.push(part);
  return Buffer.concat([...parts, length]).toString('hex');
}

function streamsOf(bytes: Buffer): readonly IncomingStream[] {
  const message = readMessage(bytes, DEFAULT_LIMITS);
  if (message.kind === 'nothing') return [];
  if (message.kind === 'response') {
    const isStream = typeof message.result === 'object' && message.result !== null && 'length' in message.result;
    return isStream ? bindResult(message.result, stream).streams : [];
  }
  const start = 'Octopus.Tentacle.Contracts.ScriptServiceV2.StartScriptCommandV2, Octopus.Tentacle.Contracts';
  const types: Readonly<Record<string, readonly TypeContract[]>> = {
    UploadFile: [text, stream],
    StartScript: [object(start, { streams: ['Files.*.Contents'] })],
  };
  const params = types[message.method];
  return params ? bindParams(message, { params, result: text }).streams : [];
}

function cut(bytes: Buffer, seed: number): readonly Buffer[] {
  const pieces: Buffer[] = [];
  let state = seed;
  for (let at = 0; at < bytes.length;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    const size = 1 + (state % 97);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
