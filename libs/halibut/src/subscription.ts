import { type Call, type Caller } from './contract.ts';
import { PROCEED, readNext } from './control.ts';
import { HalibutError, RemoteError } from './errors.ts';
import { abandoned, exchange, writeNothing } from './exchange.ts';
import { type HalibutLimits } from './limits.ts';
import { type Mux } from './mux.ts';
import { Wire } from './wire.ts';

interface Pending {
  readonly call: Call;
  readonly signal: AbortSignal;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Stops whatever would take it back. */
  readonly taken: () => void;
}

/**
 * The calls for one polling service. It connects, several times over if it likes, and each connection takes the oldest
 * call; a multiplexed connection takes any number at once. A call that nobody collects in time fails as never started.
 */
export class Subscription implements Caller {
  readonly name: string;
  readonly #limits: HalibutLimits;
  readonly #queue: Pending[] = [];
  /** Connections that wait for work, the longest waiting first. */
  readonly #takers: ((pending: Pending | undefined) => void)[] = [];
  readonly #muxes = new Set<Mux>();
  readonly #closing = new AbortController();
  #connections = 0;

  constructor(uri: string, limits: HalibutLimits) {
    this.name = uri;
    this.#limits = limits;
  }

  /** True while a multiplexed connection is there. */
  get isParallel(): boolean {
    return this.#muxes.size > 0;
  }
  get noticesSilence(): boolean {
    return this.isParallel;
  }
  get connections(): number {
    return this.#connections;
  }
  /** Calls that wait to be collected. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** `pickUpMs` replaces the limit's own (R119). */
  async call(call: Call, signal: AbortSignal, pickUpMs = this.#limits.pickUpMs): Promise<unknown> {
    signal.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    const mux = this.#lightest();
    if (mux) return this.#callOver(mux, call, signal);
    return new Promise((resolve, reject) => this.#enqueue(call, signal, pickUpMs, { resolve, reject }));
  }

  /** Serve one stock connection until it ends. `peerThumbprint` goes into requests, as the real client writes it. */
  async attach(wire: Wire, peerThumbprint: string): Promise<void> {
    this.#connections++;
    const stop = () => wire.destroy();
    this.#closing.signal.addEventListener('abort', stop, { once: true });
    try {
      while (await this.#round(wire, peerThumbprint));
    } finally {
      this.#connections--;
      this.#closing.signal.removeEventListener('abort', stop);
      wire.destroy();
    }
  }

  /** Hold one multiplexed connection until it ends. What waits goes over it at once. */
  async attachMux(mux: Mux): Promise<void> {
    this.#connections++;
    this.#muxes.add(mux);
    const stop = () => mux.destroy();
    this.#closing.signal.addEventListener('abort', stop, { once: true });
    for (const { call, signal, resolve, reject, taken } of this.#queue.splice(0)) {
      taken();
      this.#callOver(mux, call, signal).then(resolve, reject);
    }
    await new Promise<void>((resolve) => {
      if (mux.closed.aborted) resolve();
      else mux.closed.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#closing.signal.removeEventListener('abort', stop);
    this.#muxes.delete(mux);
    this.#connections--;
  }

  /** Ends all connections; calls that wait fail as never started. */
  async [Symbol.asyncDispose](): Promise<void> {
    const error = abandoned(this.name);
    this.#closing.abort(error);
    for (const { taken, reject } of this.#queue.splice(0)) {
      taken();
      reject(error);
    }
  }

  #lightest(): Mux | undefined {
    let best: Mux | undefined;
    for (const mux of this.#muxes)
      if (!mux.closed.aborted && mux.load < (best?.load ?? this.#limits.callsPerConnection)) best = mux;
    return best;
  }

  async #callOver(mux: Mux, call: Call, signal: AbortSignal): Promise<unknown> {
    const wire = new Wire(mux.open(), this.name);
    try {
      const { result, isFree } = await exchange(
        wire,
        call,
        { endpoint: { BaseUri: this.name, RemoteThumbprint: '' }, limits: this.#limits },
        signal,
      );
      void isFree.then((isGood) => (isGood ? wire.end() : wire.destroy()));
      return result;
    } catch (error) {
      wire.destroy();
      throw error;
    }
  }

  #enqueue(call: Call, signal: AbortSignal, pickUpMs: number, to: Pick<Pending, 'resolve' | 'reject'>): void {
    const back = (error: unknown) => {
      const at = this.#queue.indexOf(pending);
      if (at < 0) return;
      this.#queue.splice(at, 1);
      pending.taken();
      to.reject(error);
    };
    const aborted = () => back(signal.reason);
    const timer = setTimeout(() => back(this.#notCollected(pickUpMs)), pickUpMs);
    const pending: Pending = {
      ...to,
      call,
      signal,
      taken() {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
      },
    };
    signal.addEventListener('abort', aborted, { once: true });
    this.#queue.push(pending);
    this.#takers.shift()?.(this.#shift());
  }

  #shift(): Pending | undefined {
    const pending = this.#queue.shift();
    pending?.taken();
    return pending;
  }

  /** The next call for one connection; undefined when there was none for a while or the connection ended. */
  #take(closed: AbortSignal): Promise<Pending | undefined> {
    if (this.#queue.length > 0) return Promise.resolve(this.#shift());
    return new Promise((resolve) => {
      const done = (pending: Pending | undefined) => {
        clearTimeout(timer);
        closed.removeEventListener('abort', leave);
        resolve(pending);
      };
      const leave = () => {
        const at = this.#takers.indexOf(done);
        if (at >= 0) this.#takers.splice(at, 1);
        done(undefined);
      };
      const timer = setTimeout(leave, this.#limits.queueWaitMs);
      closed.addEventListener('abort', leave, { once: true });
      if (closed.aborted) leave();
      else this.#takers.push(done);
    });
  }

  /** One turn of the polling loop (halibut.md 2.6). False: the connection is over. */
  async #round(wire: Wire, peerThumbprint: string): Promise<boolean> {
    const { limits } = { limits: this.#limits };
    const pending = await this.#take(wire.closed);
    if (!wire.isOpen) {
      if (pending) this.#giveBack(pending);
      return false;
    }
    if (!pending) {
      await writeNothing(wire, limits);
      if (!(await readNext(wire, limits.heartbeatMs))) return false;
      await wire.write(PROCEED, limits.readWriteMs);
      return true;
    }
    if (!(await this.#serve(wire, pending, peerThumbprint)) || !wire.isOpen) return false;
    // Before NEXT was seen: the peer's kernel holds NEXT back until something acknowledges its response (2.6).
    await wire.write(PROCEED, limits.readWriteMs);
    return readNext(wire, limits.heartbeatMs);
  }

  async #serve(wire: Wire, { call, signal, resolve, reject }: Pending, thumbprint: string): Promise<boolean> {
    try {
      const endpoint = { BaseUri: this.name, RemoteThumbprint: thumbprint };
      const { result, isFree } = await exchange(wire, call, { endpoint, limits: this.#limits }, signal);
      resolve(result);
      return await isFree;
    } catch (error) {
      reject(error);
      return RemoteError.isOne(error);
    }
  }

  /** Its connection ended in the moment it was taken; nothing was sent. */
  #giveBack(pending: Pending): void {
    this.#enqueue(pending.call, pending.signal, this.#limits.pickUpMs, pending);
  }

  #notCollected(pickUpMs: number): HalibutError {
    const text = `a call for ${this.name} was not collected within ${pickUpMs / 1000} s: the agent is not connected, or all its connections are busy`;
    return new HalibutError('OCTO_TRANSPORT_NOT_COLLECTED', text, {
      started: 'no',
      hint: 'look whether the agent runs and reaches the port of the server',
    });
  }
}
