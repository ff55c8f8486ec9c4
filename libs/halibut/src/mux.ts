import { Duplex } from 'node:stream';
import { HalibutError, protocolError } from './errors.ts';
import { type HalibutLimits } from './limits.ts';
import { BUSY } from './silence.ts';

// Frames of a multiplexed conversation: kind, channel (uint32 LE), length (uint32 LE), bytes. Ours; see docs/adr/0009.
const KIND = { open: 1, data: 2, end: 3, credit: 4, reset: 5, ping: 6, pong: 7 } as const;
const HEAD_BYTES = 9;
const PIECE_BYTES = 128 * 1024;
/** Smaller ones are put behind their head in one piece. */
const COPY_BYTES = 4 * 1024;
/** What may be under way on a channel in one direction before its reader asks for more. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/**
 * An idle connection is asked by the end that takes calls, so that it comes back by itself: an answer that nobody
 * acknowledges holds up TCP's own keep-alive for a quarter of an hour. The other end only listens.
 */
const IDLE = { lookMs: 3_000, ask: 4, giveUp: 5, giveUpUnasked: 8 };

interface MuxOptions {
  readonly peer: string;
  readonly limits: HalibutLimits;
  /** Bytes that came before the conversation became a multiplexed one. */
  readonly ahead: Buffer;
  /** Takes channels that the peer opens. Absent: it may open none. */
  readonly onChannel?: (channel: Duplex) => void;
}

/**
 * Many channels over one connection, each a byte stream with a window of its own, so that a long call or a slow reader
 * holds up no other. What travels in a channel is what would travel on a connection of its own: one call.
 */
export class Mux {
  readonly #socket: Duplex;
  readonly #options: MuxOptions;
  readonly #channels = new Map<number, Channel>();
  readonly #closed = new AbortController();
  /** What came of the next frame; put together when all of it is there. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  #needBytes = HEAD_BYTES;
  #last = 0;
  /** Looks since the peer was heard. Counted, not clocked: a busy event loop of our own is not the peer's silence. */
  #silentLooks = 0;
  #watch: NodeJS.Timeout;
  #isBusy = false;

  constructor(socket: Duplex, options: MuxOptions) {
    this.#socket = socket;
    this.#options = options;
    const end = () => this.destroy();
    socket.on('close', end).on('end', end).on('error', end);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#watch = this.#watchIdle();
    if (options.ahead.length > 0) this.#take(options.ahead);
    socket.resume();
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }
  /** Channels that are open. */
  get load(): number {
    return this.#channels.size;
  }

  open(): Duplex {
    const id = ++this.#last;
    const channel = this.#add(id);
    this.#send(KIND.open, id);
    return channel;
  }

  destroy(): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    clearInterval(this.#watch);
    this.#socket.destroy();
    for (const channel of this.#channels.values()) channel.destroy(this.#lost());
    this.#channels.clear();
  }

  #take(chunk: Buffer): void {
    this.#silentLooks = 0;
    this.#parts.push(chunk);
    this.#partBytes += chunk.length;
    if (this.#partBytes < this.#needBytes) return;
    let bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    this.#needBytes = HEAD_BYTES;
    while (bytes.length >= HEAD_BYTES && !this.closed.aborted) {
      const length = bytes.readUInt32LE(5);
      if (length > PIECE_BYTES) return this.#break();
      this.#needBytes = HEAD_BYTES + length;
      if (bytes.length < this.#needBytes) break;
      this.#frame(bytes[0] ?? 0, bytes.readUInt32LE(1), bytes.subarray(HEAD_BYTES, this.#needBytes));
      bytes = bytes.subarray(this.#needBytes);
      this.#needBytes = HEAD_BYTES;
    }
    this.#parts = bytes.length === 0 ? [] : [bytes];
    this.#partBytes = bytes.length;
  }

  #frame(kind: number, id: number, payload: Buffer): void {
    const channel = this.#channels.get(id); // none: it was reset meanwhile
    switch (kind) {
      case KIND.open:
        return this.#opened(id);
      case KIND.data:
        if (channel && !channel.receive(payload)) this.#break();
        return;
      case KIND.end:
        channel?.receiveEnd();
        return;
      case KIND.credit:
        if (payload.length !== 4) return this.#break();
        channel?.grant(payload.readUInt32LE(0));
        return;
      case KIND.reset:
        channel?.receiveReset();
        return;
      case KIND.ping:
        return this.#send(KIND.pong, 0);
      case KIND.pong:
        return;
      default:
        this.#break();
    }
  }

  #opened(id: number): void {
    const { onChannel, limits } = this.#options;
    if (!onChannel || id <= this.#last) return this.#break();
    this.#last = id;
    if (this.#channels.size >= limits.callsPerConnection) return this.#send(KIND.reset, id);
    onChannel(this.#add(id));
  }

  #add(id: number): Channel {
    const channel = new Channel({
      send: (kind, payload, done) => this.#send(KIND[kind], id, payload, done),
      gone: () => {
        this.#channels.delete(id);
        if (this.#channels.size === 0) this.#silentLooks ||= 1; // what was heard before says nothing of the answer
      },
    });
    this.#channels.set(id, channel);
    if (!this.#isBusy) this.#rewatch(this.#watchBusy());
    return channel;
  }

  #rewatch(watch: NodeJS.Timeout): void {
    clearInterval(this.#watch);
    this.#watch = watch;
    this.#isBusy = this.#channels.size > 0;
    this.#silentLooks = 0; // looks of another length
  }
  #watchBusy(): NodeJS.Timeout {
    return setInterval(() => {
      // The last answer is behind us when the peer was heard once more: until then it may not have come.
      if (this.#channels.size === 0 && this.#silentLooks === 0) this.#rewatch(this.#watchIdle());
      else this.#look(BUSY.ask, BUSY.giveUp);
    }, this.#options.limits.lookMs).unref();
  }
  #watchIdle(): NodeJS.Timeout {
    const isAsking = this.#options.onChannel !== undefined;
    const [ask, giveUp] = isAsking ? [IDLE.ask, IDLE.giveUp] : [Infinity, IDLE.giveUpUnasked];
    return setInterval(() => this.#look(ask, giveUp), IDLE.lookMs).unref();
  }

  #look(ask: number, giveUp: number): void {
    this.#silentLooks++;
    if (this.#silentLooks >= giveUp) this.destroy();
    else if (this.#silentLooks >= ask) this.#send(KIND.ping, 0);
  }

  #send(kind: number, id: number, payload?: Uint8Array, done?: (error?: Error | null) => void): void {
    if (this.closed.aborted) {
      done?.(this.#lost());
      return;
    }
    const isLarge = payload !== undefined && payload.length > COPY_BYTES;
    const frame = Buffer.allocUnsafe(HEAD_BYTES + (isLarge ? 0 : (payload?.length ?? 0)));
    frame[0] = kind;
    frame.writeUInt32LE(id, 1);
    frame.writeUInt32LE(payload?.length ?? 0, 5);
    if (!isLarge) {
      if (payload) frame.set(payload, HEAD_BYTES);
      this.#socket.write(frame, done);
      return;
    }
    this.#socket.cork();
    this.#socket.write(frame);
    this.#socket.write(payload, done);
    this.#socket.uncork();
  }

  #break(): void {
    this.destroy();
  }

  #lost(): HalibutError {
    return new HalibutError('OCTO_TRANSPORT_LOST', `the connection to ${this.#options.peer} was lost`, {
      started: 'maybe',
    });
  }
}

interface Below {
  send(kind: 'data' | 'end' | 'credit' | 'reset', payload?: Uint8Array, done?: (error?: Error | null) => void): void;
  gone(): void;
}

class Channel extends Duplex {
  readonly #below: Below;
  #creditBytes = WINDOW_BYTES;
  /** A write that waits for credit. */
  #waiting: { readonly goOn: () => void; readonly fail: (error: Error) => void } | undefined;
  #windowBytes = WINDOW_BYTES;
  #owedBytes = 0;
  #isOver = { here: false, there: false };

  constructor(below: Below) {
    super({ allowHalfOpen: true, readableHighWaterMark: 256 * 1024 });
    this.#below = below;
    this.on('error', () => {}); // whoever waits hears of it by its own listener
  }

  /** False: the peer sent more than it was allowed to. */
  receive(payload: Buffer): boolean {
    if (payload.length > this.#windowBytes || this.#isOver.there) return false;
    this.#windowBytes -= payload.length;
    this.#owedBytes += payload.length;
    this.push(payload);
    return true;
  }

  receiveEnd(): void {
    if (this.#isOver.there) return;
    this.#isOver.there = true;
    this.push(null);
  }

  receiveReset(): void {
    this.#isOver = { here: true, there: true };
    this.destroy(protocolError('the peer gave the call up'));
  }

  grant(bytes: number): void {
    this.#creditBytes = Math.min(this.#creditBytes + bytes, 2 * WINDOW_BYTES);
    this.#waiting?.goOn();
  }

  override _read(): void {
    if (this.#owedBytes < WINDOW_BYTES / 4 || this.#isOver.there) return;
    const credit = Buffer.allocUnsafe(4);
    credit.writeUInt32LE(this.#owedBytes);
    this.#windowBytes += this.#owedBytes;
    this.#owedBytes = 0;
    this.#below.send('credit', credit);
  }

  /** As much as the reader allows goes out at once; done when the system has taken the last of it. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    let at = 0;
    while (at < chunk.length && this.#creditBytes > 0) {
      const size = Math.min(chunk.length - at, PIECE_BYTES, this.#creditBytes);
      this.#creditBytes -= size;
      const isLast = at + size === chunk.length;
      this.#below.send('data', chunk.subarray(at, at + size), isLast ? done : undefined);
      at += size;
    }
    if (at === chunk.length) return;
    const rest = chunk.subarray(at);
    const goOn = () => {
      this.#waiting = undefined;
      this._write(rest, _encoding, done);
    };
    this.#waiting = { goOn, fail: done };
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#isOver.here = true;
    this.#below.send('end', undefined, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#isOver.here || !this.#isOver.there) this.#below.send('reset');
    this.#below.gone();
    this.#waiting?.fail(error ?? protocolError('the call was given up')); // a write under way is not failed by node
    this.#waiting = undefined;
    done(error);
  }
}
