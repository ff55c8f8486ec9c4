import { limited, type Limit } from '../faults/limited.ts';
import { WireError } from './values.ts';

/** Above this the sender is held back. */
const ENOUGH_BYTES = 1 << 20;
/** Of a control line or a preamble (halibut.md 1.4). */
const MOST_CHARACTERS = 20_000;

/** What came and was not read yet. Whatever a reader took too much of it puts back. */
export class ByteQueue {
  readonly #onRoom: () => void;
  #chunks: Buffer[] = [];
  #size = 0;
  #end: { readonly fault: Error | undefined } | undefined;
  #wake: (() => void) | undefined;

  /** @param onRoom called when the queue has become empty */
  constructor(onRoom: () => void = () => undefined) {
    this.#onRoom = onRoom;
  }

  /** False when the sender should wait for `onRoom`. */
  push(chunk: Uint8Array): boolean {
    this.#chunks.push(Buffer.from(chunk));
    this.#size += chunk.length;
    this.#wake?.();
    return this.#size < ENOUGH_BYTES;
  }
  end(fault?: Error): void {
    this.#end ??= { fault };
    this.#wake?.();
  }

  /** All that is there, at least one byte; undefined when the peer has left. */
  async some(what: string, limit: Limit): Promise<Buffer | undefined> {
    while (this.#size === 0) {
      if (this.#end?.fault !== undefined) throw this.#end.fault;
      if (this.#end !== undefined) return undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await limited(promise, what, limit);
    }
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#size = 0;
    this.#onRoom();
    return all;
  }

  unread(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#chunks.unshift(bytes);
    this.#size += bytes.length;
  }

  async exactly(count: number, what: string, limit: Limit): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = count; missing > 0;) {
      const all = await this.some(what, limit);
      if (all === undefined) throw new WireError(`the peer left when ${missing} more bytes of ${what} were to come`);
      this.unread(all.subarray(missing));
      parts.push(all.subarray(0, missing));
      missing -= Math.min(missing, all.length);
    }
    return Buffer.concat(parts);
  }

  /** A control line without its CR LF; undefined when the peer has left in front of it (2.1). */
  async line(what: string, limit: Limit): Promise<string | undefined> {
    const text = await this.#until(what, limit, (bytes) => {
      const at = bytes.indexOf(0x0d);
      if (at < 0 || at + 1 === bytes.length) return -1;
      if (bytes[at + 1] !== 0x0a) throw new WireError(`CR without LF in ${what}`);
      return at + 2;
    });
    return text?.slice(0, -2);
  }

  /** The first characters up to and with an empty line, CR left out (1.4); undefined when there is none. */
  async initialRequest(limit: Limit): Promise<string | undefined> {
    const text = await this.#until('the first line', limit, (bytes) => {
      const found = /\n\r*\n/.exec(bytes.toString('latin1'));
      return found === null ? -1 : found.index + found[0].length;
    });
    return text?.replaceAll('\r', '');
  }

  async #until(what: string, limit: Limit, end: (bytes: Buffer) => number): Promise<string | undefined> {
    for (let held = Buffer.alloc(0); ;) {
      const more = await this.some(what, limit);
      if (more === undefined && held.length > 0) throw new WireError(`the peer left in the middle of ${what}`);
      if (more === undefined) return undefined;
      held = Buffer.concat([held, more]);
      const at = end(held.subarray(0, MOST_CHARACTERS));
      if (at < 0 && held.length >= MOST_CHARACTERS) throw new WireError(`no end of ${what}`);
      if (at < 0) continue;
      this.unread(held.subarray(at));
      return held.toString('utf8', 0, at);
    }
  }
}
