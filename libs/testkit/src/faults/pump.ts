import { type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { limited } from './limited.ts';

/** What can go wrong on a line. Every one but `corrupt` stays until it is taken back or the connection ends. */
export type Fault =
  /** RST to both ends. */
  | { readonly kind: 'cut' }
  /** FIN towards the reader; what the writer sends from now on is thrown away. */
  | { readonly kind: 'half-close' }
  /** Nothing is read or forwarded until `release`. */
  | { readonly kind: 'stall' }
  /** Each chunk is held for so long. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** One byte is inverted. */
  | { readonly kind: 'corrupt' };

/** Where it happens, counted from the moment of arming; with neither of both: at the next chunk. */
export interface Where {
  /** After so many forwarded bytes; chunks are split for it. */
  readonly afterBytes?: number;
  /** In front of the n-th chunk, 1 is the next one. `corrupt` takes the first byte of it. */
  readonly atChunk?: number;
}

interface Armed {
  readonly fault: Fault;
  readonly atByte: number;
  readonly atChunk: number;
}

/** One direction of a forwarded connection. */
export class Pump {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #cut: () => void;
  readonly #armed = new Set<Armed>();
  readonly #watchers = new Set<() => void>();
  #bytes = 0;
  #chunks = 0;
  #delayMs = 0;
  #gate: PromiseWithResolvers<void> | undefined;
  #isHalfClosed = false;

  constructor(from: Socket, to: Socket, cut: () => void) {
    this.#from = from;
    this.#to = to;
    this.#cut = cut;
  }

  /** Bytes handed on so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Ends when the direction is over; what breaks here breaks the whole connection. */
  async run(): Promise<void> {
    try {
      for await (const chunk of this.#from.iterator({ destroyOnReturn: false })) await this.#pass(chunk as Buffer);
      await this.#opened(); // a FIN is stalled as bytes are
      if (!this.#isHalfClosed) this.#to.end();
    } catch {
      this.#cut();
    }
  }

  arm(fault: Fault, { afterBytes, atChunk }: Where): void {
    const isAnywhere = afterBytes === undefined && atChunk === undefined;
    this.#armed.add({
      fault,
      atByte: afterBytes === undefined ? Infinity : this.#bytes + afterBytes,
      atChunk: isAnywhere ? this.#chunks + 1 : atChunk === undefined ? Infinity : this.#chunks + atChunk,
    });
  }

  apply(fault: Exclude<Fault, { kind: 'corrupt' }>): void {
    switch (fault.kind) {
      case 'cut':
        return this.#cut();
      case 'half-close':
        this.#isHalfClosed = true;
        this.#to.end();
        return;
      case 'stall':
        this.#gate ??= Promise.withResolvers();
        return;
      case 'delay':
        this.#delayMs = fault.ms;
    }
  }

  /** Takes a stall and a delay back. */
  release(): void {
    this.#delayMs = 0;
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  /** Until so many bytes in all were handed on. */
  async reached(count: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => this.#bytes >= count && resolve();
    this.#watchers.add(look);
    look();
    try {
      await limited(promise, `byte ${count} of a connection, which has forwarded ${this.#bytes}`, { signal });
    } finally {
      this.#watchers.delete(look);
    }
  }

  async #pass(chunk: Buffer): Promise<void> {
    this.#chunks += 1;
    let rest = chunk;
    for (let hit = this.#hit(rest); hit !== undefined; hit = this.#hit(rest)) {
      this.#armed.delete(hit.armed);
      await this.#forward(rest.subarray(0, hit.at));
      rest = rest.subarray(hit.at);
      if (hit.armed.fault.kind === 'corrupt') rest = inverted(rest);
      else this.apply(hit.armed.fault);
    }
    await this.#forward(rest);
  }

  /** The first fault that falls into these bytes. One that is to come after the last of them comes at once. */
  #hit(rest: Buffer): { readonly armed: Armed; readonly at: number } | undefined {
    return [...this.#armed]
      .map((armed) => ({ armed, at: armed.atChunk <= this.#chunks ? 0 : armed.atByte - this.#bytes }))
      .filter(({ armed, at }) => at < rest.length || (at === rest.length && armed.fault.kind !== 'corrupt'))
      .toSorted((a, b) => a.at - b.at)[0];
  }

  async #opened(): Promise<void> {
    while (this.#gate !== undefined) await this.#gate.promise;
  }

  async #forward(bytes: Buffer): Promise<void> {
    if (bytes.length === 0) return;
    if (this.#delayMs > 0) await sleep(this.#delayMs);
    await this.#opened();
    if (this.#isHalfClosed) return;
    await new Promise<void>((resolve, reject) => {
      this.#to.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    this.#bytes += bytes.length;
    for (const look of this.#watchers) look();
  }
}

function inverted(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(0) ^ 0xff, 0);
  return copy;
}
