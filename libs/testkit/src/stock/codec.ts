import { Binary, deserialize, type Document, Long, serialize } from 'bson';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type Limit } from '../faults/limited.ts';
import { type ByteQueue } from './byte-queue.ts';
import { DATA_STREAM } from './contract-names.ts';
import { isFields, StockStream, WireError } from './values.ts';

/** Most that one message may inflate to; a stock program has no limit (halibut.md 3.2), a test should. */
const MOST_BYTES = 512 << 20;

/** The document of a message as BSON, and the streams it refers to in their order (3.1, 4.1). */
export function encode(message: unknown): { readonly bson: Buffer; readonly streams: readonly StockStream[] } {
  const streams: StockStream[] = [];
  const isDeclaredObject = (path: readonly string[]) =>
    (path.length === 2 && path[0] === 'params') || (path.length === 1 && path[0] === 'result');
  const walk = (value: unknown, path: readonly string[]): unknown => {
    if (value instanceof StockStream) {
      streams.push(value);
      const reference = { id: new Binary(value.id, 4), length: Long.fromNumber(value.bytes.length) };
      return isDeclaredObject(path) ? { $type: DATA_STREAM, ...reference } : reference;
    }
    if (typeof value === 'bigint') return Long.fromBigInt(value);
    if (Array.isArray(value)) return value.map((item, n) => walk(item, [...path, String(n)]));
    if (!isFields(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item, [...path, name])]));
  };
  return { bson: Buffer.from(serialize({ Message: walk(message, []) })), streams };
}

export function deflate(bson: Buffer): Buffer {
  return deflateRawSync(bson);
}

/**
 * One deflated document from the front of the queue, without taking a byte of what follows it; undefined when the peer
 * has left. The end is where zlib says that the final block ends: all that came is inflated anew with each piece,
 * which is slow for large messages in small pieces, and cannot be wrong.
 */
export async function readBson(input: ByteQueue, first: Limit, later: Limit): Promise<Buffer | undefined> {
  const start = await input.some('a message', first);
  for (let held = start; held !== undefined;) {
    const done = inflated(held);
    if (done !== undefined) {
      input.unread(held.subarray(done.used));
      return done.bson;
    }
    const more = await input.some('the rest of a message', later);
    if (more === undefined) throw new WireError(`the peer left after ${held.length} bytes of a message`);
    held = Buffer.concat([held, more]);
  }
  return undefined;
}

/** The document with int64 as `Long` and dates as `Date`, so that encoding it again gives the same bytes. */
export function decode(bson: Buffer): Document {
  try {
    return deserialize(bson, { promoteLongs: false });
  } catch (cause) {
    throw new WireError('a message is no BSON document', { cause });
  }
}

/** As a JavaScript program wants it: int64 as number. Guids stay `Binary`. */
export function plain(value: unknown): unknown {
  if (Long.isLong(value)) return value.toNumber();
  if (Array.isArray(value)) return value.map(plain);
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}

function inflated(held: Buffer): { readonly bson: Buffer; readonly used: number } | undefined {
  try {
    // the types do not know `info`, which makes the answer an object with the engine (halibut.md 11.3)
    const { buffer, engine } = inflateRawSync(held, { info: true, maxOutputLength: MOST_BYTES }) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    if (buffer.length < 5 || buffer.readInt32LE(0) !== buffer.length)
      throw new WireError(`a message of ${buffer.length} bytes says that it has another length`);
    return { bson: buffer, used: engine.bytesWritten };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR') return undefined;
    throw error instanceof WireError ? error : new WireError('a message is not deflated', { cause: error });
  }
}
