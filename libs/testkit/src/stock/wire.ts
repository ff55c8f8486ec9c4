import { type TLSSocket } from 'node:tls';
import { limited } from '../faults/limited.ts';
import { testThumbprint } from '../certificates.ts';
import { ByteQueue } from './byte-queue.ts';
import { deflate, encode } from './codec.ts';
import { readIdentity, readWord } from './control-lines.ts';
import { type StockStream } from './values.ts';

const PIECE_BYTES = 65_536;

/** Times of a stock program in ms (halibut.md 1.8). */
export interface StockLimits {
  /** Each read and write that has no limit of its own: 1 min. */
  readonly eachMs: number;
  /** The first byte of a response: 5 min. */
  readonly responseMs: number;
  /** A listening agent that waits for a request after `PROCEED`: 10 min. */
  readonly idleMs: number;
  /** A polling agent that waits for a request or a null message: 1 min. */
  readonly pollMs: number;
  /** `NEXT`: 1 min. */
  readonly nextMs: number;
  /** A queued request that no agent fetches: 2 min. */
  readonly pickUpMs: number;
}

export const STOCK_LIMITS: StockLimits = {
  eachMs: 60_000,
  responseMs: 300_000,
  idleMs: 600_000,
  pollMs: 60_000,
  nextMs: 60_000,
  pickUpMs: 120_000,
};

/** A TLS connection with the words of Halibut. Each part is a write of its own, and Nagle is on, as in .NET (1.2, 11.4). */
export class Wire {
  readonly #socket: TLSSocket;
  readonly input: ByteQueue;
  readonly limits: StockLimits;
  /** SHA-1 of what the peer has shown; undefined when that was nothing. */
  readonly peerThumbprint: string | undefined;

  /** @param socket after its handshake */
  constructor(socket: TLSSocket, limits: Partial<StockLimits> = {}) {
    this.#socket = socket;
    this.limits = { ...STOCK_LIMITS, ...limits };
    const { raw } = socket.getPeerCertificate() as { readonly raw?: Buffer }; // an empty object when there is none
    this.peerThumbprint = raw && testThumbprint(raw);
    this.input = new ByteQueue(() => socket.resume());
    socket.on('data', (chunk: Buffer) => void (this.input.push(chunk) || socket.pause()));
    socket.on('end', () => this.input.end());
    socket.on('error', (error) => {
      this.input.end(error);
      socket.destroy(); // an alert leaves it half alive, and writes to it would never end
    });
    socket.on('close', () => this.input.end());
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  /** A line, or a line and an empty one, in one write (2.3). */
  control(line: string): Promise<void> {
    return this.write(Buffer.from(`${line}\r\n`));
  }

  /** A message and its streams. */
  async send(message: unknown): Promise<void> {
    const { bson, streams } = encode(message);
    await this.write(deflate(bson));
    for (const stream of streams) await this.#sendStream(stream);
  }

  /** The words of `MX-… 1.0 …`; undefined when the peer has left. */
  identity(): Promise<readonly string[] | undefined> {
    return readIdentity(this.input, { limitMs: this.limits.eachMs });
  }

  /** `NEXT`, `PROCEED` or `END`; undefined when the peer has left. */
  word(limitMs: number): Promise<string | undefined> {
    return readWord(this.input, { limitMs });
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    await limited(promise, `a write of ${bytes.length} bytes`, { limitMs: this.limits.eachMs });
  }

  /** Dropped without a word, and without TLS's good-bye, as .NET does (1.2). */
  close(): void {
    this.#socket.destroy();
  }

  async #sendStream({ id, bytes }: StockStream): Promise<void> {
    const length = Buffer.alloc(8);
    length.writeBigInt64LE(BigInt(bytes.length), 0);
    await this.write(Buffer.concat([id, length]));
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) await this.write(bytes.subarray(at, at + PIECE_BYTES));
    await this.write(length);
  }
}
