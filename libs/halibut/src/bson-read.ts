import { protocolError } from './errors.ts';
import { type HalibutLimits } from './limits.ts';
import { Guid } from './values.ts';

export type Document = { [member: string]: unknown };
type Bounds = Pick<HalibutLimits, 'depth' | 'elements'>;

/**
 * One BSON document of this protocol (halibut.md 3.4). int64 comes as bigint, a binary of 16 bytes and a Guid's subtype
 * as Guid, dates as Date. Whatever is not exactly well formed, too deep or too much throws OCTO_TRANSPORT_PROTOCOL.
 */
export function readBson(bytes: Uint8Array, bounds: Bounds): Document {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const reader = new Reader(buffer, bounds);
  const document = reader.document(0) as Document; // no array at the top
  if (reader.at !== buffer.length) throw protocolError('bytes follow the end of a document');
  return document;
}

class Reader {
  at = 0;
  readonly #bytes: Buffer;
  readonly #bounds: Bounds;
  #elements = 0;

  constructor(bytes: Buffer, bounds: Bounds) {
    this.#bytes = bytes;
    this.#bounds = bounds;
  }

  document(depth: number, isList = false): Document | unknown[] {
    if (depth > this.#bounds.depth) throw protocolError(`a document is nested more than ${this.#bounds.depth} deep`);
    const end = this.at + this.#size(5, this.at);
    this.at += 4;
    const list: unknown[] = [];
    const members: Document = {};
    for (;;) {
      const type = this.#bytes[this.at++];
      if (type === 0 || type === undefined) break;
      if (++this.#elements > this.#bounds.elements) throw protocolError('a document has too many members');
      const key = this.#name(end);
      const value = this.#value(type, depth);
      if (this.at >= end) throw protocolError('a member is longer than its document');
      if (isList) list.push(value);
      else if (key === '__proto__') throw protocolError('a document has a member called __proto__');
      else members[key] = value;
    }
    if (this.at !== end) throw protocolError('a document is not as long as it says');
    return isList ? list : members;
  }

  #value(type: number, depth: number): unknown {
    switch (type) {
      case 0x01:
        return this.#bytes.readDoubleLE(this.#pass(8));
      case 0x02:
        return this.#text();
      case 0x03:
        return this.document(depth + 1);
      case 0x04:
        return this.document(depth + 1, true);
      case 0x05:
        return this.#binary();
      case 0x08:
        return this.#bytes[this.#pass(1)] !== 0;
      case 0x09:
        return new Date(Number(this.#bytes.readBigInt64LE(this.#pass(8))));
      case 0x0a:
        return null;
      case 0x10:
        return this.#bytes.readInt32LE(this.#pass(4));
      case 0x12:
        return this.#bytes.readBigInt64LE(this.#pass(8));
      default:
        throw protocolError(`a document has a member of type 0x${type.toString(16)}`);
    }
  }

  #text(): string {
    const size = this.#size(1, this.at);
    const start = this.#pass(4 + size) + 4;
    if (this.#bytes[start + size - 1] !== 0) throw protocolError('a text has no end');
    return this.#bytes.toString('utf8', start, start + size - 1);
  }

  #binary(): Guid | Uint8Array {
    const size = this.#size(0, this.at);
    const start = this.#pass(5 + size) + 5;
    const subtype = this.#bytes[start - 1];
    const bytes = Uint8Array.prototype.slice.call(this.#bytes, start, start + size); // a copy: the message's memory goes
    return size === 16 && (subtype === 4 || subtype === 3) ? new Guid(bytes) : bytes;
  }

  #name(end: number): string {
    const stop = this.#bytes.indexOf(0, this.at);
    if (stop < 0 || stop >= end) throw protocolError('a member has a name without end');
    const name = this.#bytes.toString('utf8', this.at, stop);
    this.at = stop + 1;
    return name;
  }

  /** An int32 that says how long something is; what follows it has to be there. */
  #size(least: number, at: number): number {
    const size = at + 4 <= this.#bytes.length ? this.#bytes.readInt32LE(at) : -1;
    if (size < least || size > this.#bytes.length - at) throw protocolError('a document is cut off');
    return size;
  }

  #pass(bytes: number): number {
    const { at } = this;
    if (at + bytes > this.#bytes.length) throw protocolError('a document is cut off');
    this.at += bytes;
    return at;
  }
}
