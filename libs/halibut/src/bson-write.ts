import { type OutgoingStream, isOutgoing, STREAM_TYPE, TypedStream } from './outgoing.ts';
import { Guid } from './values.ts';

/** BSON as Newtonsoft writes it (halibut.md 3.4): the types of this protocol and no others. */
export interface Written {
  readonly bytes: Buffer;
  /** Streams in the order of their references, depth first: the order of their frames (4.2). */
  readonly streams: readonly { readonly id: Guid; readonly stream: OutgoingStream }[];
}

export function writeBson(document: Readonly<Record<string, unknown>>): Written {
  const writer = new Writer();
  writer.document(Object.entries(document));
  return { bytes: writer.bytes(), streams: writer.streams };
}

const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);

class Writer {
  #buffer = Buffer.allocUnsafe(1024);
  #at = 0;
  readonly streams: { id: Guid; stream: OutgoingStream }[] = [];

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  document(entries: readonly (readonly [string, unknown])[]): void {
    const start = this.#at;
    this.#room(4);
    this.#at += 4;
    for (const [key, value] of entries) if (value !== undefined) this.#element(key, value);
    this.#byte(0);
    this.#buffer.writeInt32LE(this.#at - start, start);
  }

  #element(key: string, value: unknown): void {
    if (value === null) return this.#head(0x0a, key);
    switch (typeof value) {
      case 'string':
        this.#head(0x02, key);
        return this.#text(value);
      case 'boolean':
        this.#head(0x08, key);
        return this.#byte(value ? 1 : 0);
      case 'number':
        return this.#number(key, value);
      case 'bigint':
        this.#head(0x12, key);
        return this.#int64(value);
      case 'object':
        return this.#object(key, value);
      case 'undefined':
      case 'function':
      case 'symbol':
        throw new TypeError(`'${key}' is a ${typeof value}, which cannot travel`);
    }
  }

  #object(key: string, value: object): void {
    if (value instanceof Date) {
      this.#head(0x09, key);
      return this.#int64(BigInt(value.getTime()));
    }
    if (value instanceof Guid) return this.#binary(key, value.bytes, 4);
    if (value instanceof Uint8Array) return this.#binary(key, value, 0);
    if (isOutgoing(value)) return this.#reference(key, value, false);
    if (value instanceof TypedStream) return this.#reference(key, value.stream, true);
    const isList = Array.isArray(value);
    this.#head(isList ? 0x04 : 0x03, key);
    this.document(isList ? value.map((item, at) => [String(at), item ?? null] as const) : Object.entries(value));
  }

  #reference(key: string, stream: OutgoingStream, isTyped: boolean): void {
    const id = Guid.random();
    this.streams.push({ id, stream });
    this.#head(0x03, key);
    this.document([
      ...(isTyped ? [['$type', STREAM_TYPE] as const] : []),
      ['id', id],
      ['length', BigInt(stream.lengthBytes)],
    ]);
  }

  #number(key: string, value: number): void {
    if (Number.isInteger(value) && value >= INT32_MIN && value <= INT32_MAX) {
      this.#head(0x10, key);
      this.#room(4);
      this.#at = this.#buffer.writeInt32LE(value, this.#at);
      return;
    }
    this.#head(0x01, key);
    this.#room(8);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  #binary(key: string, bytes: Uint8Array, subtype: number): void {
    this.#head(0x05, key);
    this.#room(5 + bytes.length);
    this.#at = this.#buffer.writeInt32LE(bytes.length, this.#at);
    this.#buffer[this.#at++] = subtype;
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #int64(value: bigint): void {
    this.#room(8);
    this.#at = this.#buffer.writeBigInt64LE(value, this.#at);
  }

  #text(value: string): void {
    const size = Buffer.byteLength(value);
    this.#room(5 + size);
    this.#at = this.#buffer.writeInt32LE(size + 1, this.#at);
    this.#at += this.#buffer.write(value, this.#at);
    this.#buffer[this.#at++] = 0;
  }

  #head(type: number, key: string): void {
    if (key.includes('\0')) throw new TypeError(`a member cannot be called ${JSON.stringify(key)}`);
    this.#room(2 + key.length * 3);
    this.#buffer[this.#at++] = type;
    this.#at += this.#buffer.write(key, this.#at);
    this.#buffer[this.#at++] = 0;
  }

  #byte(value: number): void {
    this.#room(1);
    this.#buffer[this.#at++] = value;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
