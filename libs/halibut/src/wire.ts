import { type Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { HalibutError, protocolError } from './errors.ts';

/** More than this is not taken from the socket before somebody reads. */
const HIGH_WATER = 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * The bytes of one connection: read by whoever waits for them, each wait with a limit, each write done when the system
 * has taken it. An end of the connection reaches every wait at once.
 */
export class Wire {
  readonly #socket: Duplex;
  #chunks: Buffer[] = [];
  #sizeBytes = 0;
  #moves = 0;
  #ended = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  readonly #closed = new AbortController();
  /** For errors: who is at the other end. */
  readonly peer: string;

  constructor(socket: Duplex, peer: string) {
    this.#socket = socket;
    this.peer = peer;
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#moves++;
      this.#sizeBytes += chunk.length;
      if (this.#sizeBytes > HIGH_WATER) socket.pause();
      this.#wake?.();
    });
    socket.on('end', () => this.#end());
    socket.on('close', () => this.#end());
    socket.on('error', (error: Error) => {
      this.#failure ??= error;
      this.#end();
    });
  }

  /** Aborted when the connection is at its end. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }
  get isOpen(): boolean {
    return !this.#ended;
  }
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Times that something came or was taken: while it grows, neither end is silent. */
  get moves(): number {
    return this.#moves;
  }

  /** Bytes that came, without taking them; empty when there are none yet. */
  peek(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? NOTHING;
  }

  /** Take the first chunk, at most `most` bytes of it. */
  take(most: number): Buffer {
    const first = this.#chunks[0] ?? NOTHING;
    if (first.length <= most) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(most);
    const taken = first.length <= most ? first : first.subarray(0, most);
    this.#sizeBytes -= taken.length;
    this.#flow();
    return taken;
  }

  /** Take all that came, at most `most` bytes: TLS hands its records over one by one, and each hop costs. */
  takeAll(most: number): Buffer {
    const parts: Buffer[] = [];
    for (let left = most; left > 0 && this.#sizeBytes > 0;) {
      const part = this.take(left);
      parts.push(part);
      left -= part.length;
    }
    return parts.length === 1 ? (parts[0] ?? NOTHING) : Buffer.concat(parts);
  }

  /** Pass over bytes that were peeked at. */
  skip(bytes: number): void {
    let left = bytes;
    while (left > 0) left -= this.take(left).length;
  }

  /** Put back what belongs to the next reader. */
  unread(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#chunks.unshift(bytes);
    this.#sizeBytes += bytes.length;
  }

  /** Wait for more bytes than `have`; false at the end of the connection. Rejects with OCTO_TRANSPORT_TIMEOUT. */
  async more(have: number, limitMs: number, waitingFor: string): Promise<boolean> {
    if (this.#sizeBytes > have) return true;
    if (this.#ended) return false; // abruptly, too: whoever is in the middle of something asks for `lost()`
    this.#socket.resume();
    const isLate = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), limitMs);
      this.#wake = () => {
        if (this.#sizeBytes <= have && !this.#ended) return;
        clearTimeout(timer);
        resolve(false);
      };
    });
    this.#wake = undefined;
    if (isLate) await nextTurn(); // timers come before sockets: what kept us from the one kept us from the other
    if (!isLate || this.#sizeBytes > have || this.#ended) return this.more(have, 0, waitingFor);
    this.destroy();
    throw new HalibutError(
      'OCTO_TRANSPORT_TIMEOUT',
      `${this.peer} was silent for ${limitMs / 1000} s; waited for ${waitingFor}`,
      {
        started: 'maybe',
      },
    );
  }

  /** Exactly so many bytes, for small parts. */
  async exactly(bytes: number, limitMs: number, waitingFor: string): Promise<Buffer> {
    while (this.#sizeBytes < bytes) if (!(await this.more(this.#sizeBytes, limitMs, waitingFor))) throw this.#lost();
    const whole = this.peek();
    const part = Buffer.from(whole.subarray(0, bytes));
    this.skip(bytes);
    return part;
  }

  /** Done when the system has taken it: the next write is a TLS record of its own, which old peers need (halibut.md 11.4). */
  async write(bytes: Uint8Array, limitMs: number): Promise<void> {
    if (this.#ended) throw this.#lost();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.destroy();
        const text = `${this.peer} took nothing for ${limitMs / 1000} s`;
        reject(new HalibutError('OCTO_TRANSPORT_TIMEOUT', text, { started: 'maybe' }));
      }, limitMs);
      this.#socket.write(bytes, (error) => {
        clearTimeout(timer);
        this.#moves++;
        if (error) reject(this.#lost(error));
        else resolve();
      });
    });
  }

  /** End politely, as far as that goes: `last` is sent, then the connection closed. */
  end(last?: Uint8Array): void {
    if (this.#ended) return;
    if (last) this.#socket.end(last);
    else this.#socket.end();
    setTimeout(() => this.#socket.destroy(), 1_000).unref();
    this.#end();
  }

  /** `why`: what whoever waits is told, in place of the words for a lost connection. */
  destroy(why?: HalibutError): void {
    if (!this.#ended) this.#failure ??= why;
    this.#socket.destroy();
    this.#end();
  }

  /** Hand the socket to another reader; bytes that came already go first. */
  release(): { readonly socket: Duplex; readonly ahead: Buffer } {
    const ahead = this.peek();
    this.#chunks = [];
    this.#sizeBytes = 0;
    this.#socket.removeAllListeners('data');
    return { socket: this.#socket, ahead };
  }

  lost(): HalibutError {
    return this.#lost();
  }

  #flow(): void {
    if (this.#sizeBytes < HIGH_WATER / 2 && this.#socket.isPaused()) this.#socket.resume();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#closed.abort();
    this.#wake?.();
  }

  #lost(cause: unknown = this.#failure): HalibutError {
    if (HalibutError.isOne(this.#failure)) return this.#failure;
    return new HalibutError('OCTO_TRANSPORT_LOST', `the connection to ${this.peer} was lost`, {
      started: 'maybe',
      hint: 'nothing: it is opened again, and what was started goes on',
      ...(cause !== undefined && { cause }),
    });
  }
}

/** One line that ends with CRLF; a lone LF is no end (halibut.md 2.1). Undefined at the end of the connection. */
export async function readLine(wire: Wire, mostBytes: number, limitMs: number): Promise<string | undefined> {
  for (;;) {
    const bytes = wire.peek();
    const cr = bytes.indexOf(0x0d);
    if (cr >= 0 && cr + 1 < bytes.length) {
      if (bytes[cr + 1] !== 0x0a) throw protocolError(`${wire.peer} wrote CR without LF`);
      const line = bytes.toString('utf8', 0, cr);
      wire.skip(cr + 2);
      return line;
    }
    if (bytes.length > mostBytes) throw protocolError(`${wire.peer} wrote a line of more than ${mostBytes} bytes`);
    if (!(await wire.more(bytes.length, limitMs, 'a control line'))) return undefined;
  }
}
