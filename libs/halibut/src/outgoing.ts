/** `$type` of a stream that stands directly in `params` or is the result (halibut.md 4.1). */
export const STREAM_TYPE = 'Halibut.DataStream, Halibut';

/**
 * Bytes that travel beside a message. `open` is called when their turn comes, once per sending; a source that yields
 * another number of bytes than it promised ends the connection, for nothing else can tell the peer (4.2).
 */
export class OutgoingStream {
  readonly lengthBytes: number;
  readonly open: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
  readonly onProgress: ((sentBytes: number) => void) | undefined;

  constructor(
    lengthBytes: number,
    open: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
    onProgress?: (sentBytes: number) => void,
  ) {
    this.lengthBytes = lengthBytes;
    this.open = open;
    this.onProgress = onProgress;
  }
}

export function isOutgoing(value: unknown): value is OutgoingStream {
  return value instanceof OutgoingStream;
}

/** Marks a stream whose reference is written with its `$type`. */
export class TypedStream {
  readonly stream: OutgoingStream;

  constructor(stream: OutgoingStream) {
    this.stream = stream;
  }
}
