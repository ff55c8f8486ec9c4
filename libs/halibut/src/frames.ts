import { protocolError, HalibutError } from './errors.ts';
import { type IncomingStream, type StreamSource } from './incoming.ts';
import { type HalibutLimits } from './limits.ts';
import { type OutgoingStream } from './outgoing.ts';
import { openSpool, type Spool } from './spool.ts';
import { Guid } from './values.ts';
import { type Wire } from './wire.ts';

const HEAD_BYTES = 24;
const TAIL_BYTES = 8;
const PIECE_BYTES = 1024 * 1024;
/** How long one may still read what has arrived when the connection has ended and others wait. */
const LAST_READ_MS = 1_000;

/** One frame: id, length, bytes, length again (halibut.md 4.2). Nothing of it is kept. */
export async function writeFrame(
  wire: Wire,
  { id, stream }: { readonly id: Guid; readonly stream: OutgoingStream },
  limits: HalibutLimits,
  signal: AbortSignal,
): Promise<void> {
  const head = Buffer.alloc(HEAD_BYTES);
  head.set(id.bytes);
  head.writeBigInt64LE(BigInt(stream.lengthBytes), 16);
  await wire.write(head, limits.readWriteMs);
  // One piece is on its way while the next is read and hashed.
  let sending = Promise.resolve();
  for await (const chunk of countedChunks(stream, signal)) {
    await sending;
    sending = wire.write(chunk, limits.readWriteMs);
    sending.catch(() => {}); // heard of at the next turn
  }
  await sending;
  await wire.write(head.subarray(16), limits.readWriteMs);
}

/** The bytes of a stream, which are as many as it promised, with its progress told. */
export async function* countedChunks(stream: OutgoingStream, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let sent = 0;
  if (stream.lengthBytes > 0)
    for await (const chunk of stream.open(signal)) {
      sent += chunk.length;
      if (sent > stream.lengthBytes) throw wrongLength(stream, `at least ${sent}`);
      yield chunk;
      stream.onProgress?.(sent);
    }
  if (sent !== stream.lengthBytes) throw wrongLength(stream, String(sent));
}

function wrongLength(stream: OutgoingStream, found: string): HalibutError {
  const text = `a stream of ${stream.lengthBytes} bytes has ${found}`;
  return new HalibutError('OCTO_TRANSPORT_DAMAGED', text, { started: 'maybe', isRetryable: false });
}

/**
 * The frames behind a message. They are handed on as they come, with the connection's own back-pressure; a frame that
 * comes before its turn goes to a temporary file (any order is allowed, 4.2; stock peers keep that of the references).
 */
export class Frames implements StreamSource {
  readonly #wire: Wire;
  readonly #limits: HalibutLimits;
  /** What is still to come; a stream may be referenced, and come, twice. */
  readonly #expected: IncomingStream[];
  readonly #spooled = new Map<IncomingStream, Spool>();
  /** Whose readers have gone, with or without having read all of it. */
  readonly #left = new Set<IncomingStream>();
  readonly #whenDone: () => void;
  #open: { readonly stream: IncomingStream; leftBytes: number } | undefined;
  /** One reader at a time. */
  #turn: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(wire: Wire, limits: HalibutLimits, streams: readonly IncomingStream[], whenDone: () => void = () => {}) {
    this.#wire = wire;
    this.#limits = limits;
    this.#expected = [...streams];
    this.#whenDone = whenDone;
    for (const stream of streams) stream.attach(this);
  }

  async *read(stream: IncomingStream, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    using _turn = await this.#takeTurn();
    try {
      const spool = await this.#reach(stream, signal);
      if (spool) return yield* spool.read();
      for (;;) {
        if (this.#isOver) throw protocolError('a data stream was read after its call was over');
        const chunk = await this.#piece(signal);
        if (!chunk) return;
        yield chunk;
      }
    } finally {
      this.#left.add(stream);
      await this.#forget(stream);
    }
  }

  async leave(): Promise<void> {
    await this.drain();
  }

  /** Pass over everything that nobody read, so that the next message can be read. Nothing can be read afterwards. */
  async drain(): Promise<void> {
    this.#isOver = true;
    using _turn = await this.#takeTurn();
    const never = new AbortController().signal;
    try {
      while (this.#wire.isOpen && (this.#open || this.#expected.length > 0)) {
        if (!this.#open) await this.#begin();
        await this.#passOver(never);
      }
    } finally {
      for (const stream of this.#spooled.keys()) await this.#forget(stream);
    }
  }

  async #forget(stream: IncomingStream): Promise<void> {
    const spool = this.#spooled.get(stream);
    this.#spooled.delete(stream);
    await spool?.[Symbol.asyncDispose]();
  }

  /** The frame of `stream` is the open one, or it was spooled. */
  async #reach(stream: IncomingStream, signal: AbortSignal): Promise<Spool | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const spool = this.#spooled.get(stream);
      if (spool) return spool;
      if (this.#isOver) throw protocolError('a data stream was read after its call was over');
      if (!this.#open) await this.#begin();
      const { stream: here } = this.#open ?? {};
      if (here === stream) return undefined;
      if (!here) continue;
      if (this.#left.has(here)) await this.#passOver(signal);
      else await this.#spool(here, signal); // its reader may still come, or waits for its turn
    }
  }

  /** Whole, or not there: a part of it would be read as all of it. */
  async #spool(stream: IncomingStream, signal: AbortSignal): Promise<void> {
    const spool = await openSpool();
    try {
      for (let chunk = await this.#piece(signal); chunk; chunk = await this.#piece(signal)) await spool.write(chunk);
    } catch (error) {
      this.#isOver = true; // what is left of it is not it, and nothing behind it can be found
      this.#wire.destroy();
      await spool[Symbol.asyncDispose]();
      throw error;
    }
    this.#spooled.set(stream, spool);
  }

  async #passOver(signal: AbortSignal): Promise<void> {
    while (await this.#piece(signal)) {
      // nobody wants it
    }
  }

  async #begin(): Promise<void> {
    const head = await this.#wire.exactly(HEAD_BYTES, this.#limits.readWriteMs, 'a data stream');
    const { key } = new Guid(head.subarray(0, 16));
    const at = this.#expected.findIndex((stream) => stream.id.key === key);
    const [stream] = at < 0 ? [] : this.#expected.splice(at, 1);
    if (!stream) throw this.#broken('sent a data stream that its message does not name');
    if (head.readBigInt64LE(16) !== BigInt(stream.lengthBytes))
      throw this.#broken('sent a data stream of another length');
    this.#open = { stream, leftBytes: stream.lengthBytes };
  }

  /** The next bytes of the open frame; undefined behind its last, when its end was seen. */
  async #piece(signal: AbortSignal): Promise<Buffer | undefined> {
    const open = this.#open;
    if (!open) return undefined;
    signal.throwIfAborted();
    const { readWriteMs } = this.#limits;
    if (open.leftBytes > 0) {
      if (!(await this.#wire.more(0, readWriteMs, 'the rest of a data stream'))) throw this.#wire.lost();
      const chunk = this.#wire.takeAll(Math.min(PIECE_BYTES, open.leftBytes));
      open.leftBytes -= chunk.length;
      return chunk;
    }
    const tail = await this.#wire.exactly(TAIL_BYTES, readWriteMs, 'the end of a data stream');
    if (tail.readBigInt64LE(0) !== BigInt(open.stream.lengthBytes))
      throw this.#broken('ended a data stream with another length');
    this.#open = undefined;
    if (this.#expected.length === 0) this.#whenDone();
    return undefined;
  }

  #broken(what: string): HalibutError {
    this.#wire.destroy();
    return protocolError(`${this.#wire.peer} ${what}`);
  }

  /**
   * Readers come one behind the other; one that keeps the connection and does not go on loses it. Behind one that still
   * reads nobody else does, also when the connection has ended meanwhile: what has arrived is his.
   */
  async #takeTurn(): Promise<Disposable> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    if (await this.#isOverInTime(before)) return { [Symbol.dispose]: resolve };
    void before.then(resolve);
    this.#wire.destroy();
    throw this.#wire.lost();
  }

  async #isOverInTime(before: Promise<void>): Promise<boolean> {
    const { closed } = this.#wire;
    const late = Promise.withResolvers<boolean>();
    let timer = setTimeout(() => late.resolve(false), this.#limits.readWriteMs);
    const hurry = () => {
      clearTimeout(timer);
      timer = setTimeout(() => late.resolve(false), LAST_READ_MS);
    };
    if (closed.aborted) hurry();
    else closed.addEventListener('abort', hurry, { once: true });
    try {
      return await Promise.race([before.then(() => true), late.promise]);
    } finally {
      clearTimeout(timer);
      closed.removeEventListener('abort', hurry);
    }
  }
}
