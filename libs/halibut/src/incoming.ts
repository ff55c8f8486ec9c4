import { type Guid } from './values.ts';

/** Where the bytes of received streams come from: the rest of a connection, or a channel of a multiplexed one. */
export interface StreamSource {
  read(stream: IncomingStream, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Nobody will read it any more. */
  leave(stream: IncomingStream): Promise<void>;
}

/**
 * Bytes that came beside a message: to be read once. One of a result holds its connection until it was read to its end
 * or disposed of. One of a request lives as long as the call; what a service leaves unread is passed over.
 */
export class IncomingStream implements AsyncDisposable {
  readonly id: Guid;
  readonly lengthBytes: number;
  #source: StreamSource | undefined;
  #taken = false;

  constructor(id: Guid, lengthBytes: number) {
    this.id = id;
    this.lengthBytes = lengthBytes;
  }

  get isTaken(): boolean {
    return this.#taken;
  }

  /** By whoever received the message. */
  attach(source: StreamSource): void {
    this.#source = source;
  }

  /** Streams of one message are best read in the order of their references: whatever is skipped is kept in a temporary file. */
  read(signal: AbortSignal): AsyncIterable<Uint8Array> {
    if (!this.#source || this.#taken) throw new Error('a stream can be read once, while its call lives');
    this.#taken = true;
    return this.#source.read(this, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#taken = true;
    await this.#source?.leave(this);
  }
}
