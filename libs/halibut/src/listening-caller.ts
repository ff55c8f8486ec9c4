import { type SecureContext } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, type Caller } from './contract.ts';
import { END, identityBlock, NEXT, PREAMBLE, readIdentity, readProceed } from './control.ts';
import { nameOf, openTls, type Target } from './dial.ts';
import { beforeStart, HalibutError, protocolError, RemoteError } from './errors.ts';
import { abandoned, exchange, type Outcome } from './exchange.ts';
import { type HalibutLimits } from './limits.ts';
import { Silence } from './silence.ts';
import { Wire } from './wire.ts';

export interface ListeningTarget extends Target {
  readonly thumbprint: string;
}

interface Idle {
  readonly wire: Wire;
  readonly sinceMs: number;
}

/**
 * Calls to a listening service. Each call has a connection to itself; finished ones are kept for a while. Tries again as
 * long as nothing of the request was sent (halibut.md 2.5).
 */
export class ListeningCaller implements Caller {
  readonly name: string;
  readonly isParallel = true;
  readonly noticesSilence = false;
  readonly #target: ListeningTarget;
  readonly #context: SecureContext;
  readonly #limits: HalibutLimits;
  #idle: Idle[] = [];
  readonly #closing = new AbortController();
  readonly #silence: Silence;

  constructor(target: ListeningTarget, context: SecureContext, limits: HalibutLimits) {
    this.name = nameOf(target);
    this.#target = target;
    this.#context = context;
    this.#limits = limits;
    const ask = (probe: Call, signal: AbortSignal) => this.#ask(probe, signal);
    this.#silence = new Silence(limits.lookMs, ask, () => this.#drop());
  }

  async call(call: Call, signal: AbortSignal): Promise<unknown> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    const { probe } = call;
    const wire = await this.#connected(either, call.onRetry);
    return this.#over(wire, call, either, probe && (() => this.#silence.watch(wire, probe)));
  }

  /** One try, over a connection beside those that wait. */
  async #ask(probe: Call, signal: AbortSignal): Promise<unknown> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    const wire = (await this.#pooled(either)) ?? (await this.#fresh(either));
    return this.#over(wire, probe, either);
  }

  async #over(wire: Wire, call: Call, signal: AbortSignal, waiting?: () => Disposable): Promise<unknown> {
    const endpoint = { BaseUri: this.name, RemoteThumbprint: this.#target.thumbprint };
    try {
      const outcome = await exchange(wire, call, { endpoint, limits: this.#limits, waiting }, signal);
      void this.#keep(wire, outcome);
      return outcome.result;
    } catch (error) {
      if (RemoteError.isOne(error)) void this.#keep(wire, { result: undefined, isFree: Promise.resolve(true) });
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(abandoned(this.name));
    this.#silence[Symbol.dispose]();
    for (const { wire } of this.#idle.splice(0)) wire.end(END);
  }

  /** A connection on which a request may be written now. */
  async #connected(signal: AbortSignal, onRetry: Call['onRetry']): Promise<Wire> {
    const { connectAttempts, connectSleepMs, connectTotalMs } = this.#limits;
    const giveUpMs = performance.now() + connectTotalMs;
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      try {
        return (await this.#pooled(signal)) ?? (await this.#fresh(signal));
      } catch (error) {
        signal.throwIfAborted();
        const known = beforeStart(error);
        if (!mayTryAgain(known) || attempt >= connectAttempts || performance.now() > giveUpMs) throw known;
        if (attempt === 2) this.#drop();
        onRetry?.(`connection try ${attempt + 1} of ${connectAttempts} to ${this.name}: ${(known as Error).message}`);
        await sleep(connectSleepMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  }

  /** One that lay idle and still answers. Those that died while nobody used them cost nothing and are no failure. */
  async #pooled(signal: AbortSignal): Promise<Wire | undefined> {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      const { wire, sinceMs } = idle;
      if (performance.now() - sinceMs > this.#limits.pooledIdleMs) {
        wire.end(END);
        continue;
      }
      if (await this.#goesOn(wire, signal)) return wire;
    }
    return undefined;
  }

  async #goesOn(wire: Wire, signal: AbortSignal): Promise<boolean> {
    const stop = () => wire.destroy();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await wire.write(NEXT, this.#limits.readWriteMs);
      await readProceed(wire, this.#limits.pooledProbeMs);
      return wire.isOpen;
    } catch (error) {
      wire.destroy();
      signal.throwIfAborted();
      if (HalibutError.isOne(error) && error.code === 'OCTO_TRANSPORT_TIMEOUT') this.#drop(); // the others went the same way
      return false;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #fresh(signal: AbortSignal): Promise<Wire> {
    const socket = await openTls(this.#target, this.#context, this.#limits, signal);
    const wire = new Wire(socket, this.name);
    const stop = () => wire.destroy();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await wire.write(PREAMBLE, this.#limits.readWriteMs);
      await wire.write(identityBlock('MX-CLIENT'), this.#limits.readWriteMs);
      await expectServer(wire, this.#limits);
      return wire;
    } catch (error) {
      wire.destroy();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #keep(wire: Wire, { isFree }: Outcome): Promise<void> {
    if (!(await isFree) || !wire.isOpen) return wire.destroy();
    const isFull = this.#idle.length >= this.#limits.pooledPerEndpoint;
    if (isFull || this.#closing.signal.aborted) return wire.end(END);
    const idle = { wire, sinceMs: performance.now() };
    this.#idle.push(idle);
    const leave = () => (this.#idle = this.#idle.filter((it) => it !== idle));
    wire.closed.addEventListener('abort', leave, { once: true });
    // Nobody comes for it in time: it is closed before the peer does.
    setTimeout(() => {
      if (!this.#idle.includes(idle)) return;
      leave();
      wire.end(END);
    }, this.#limits.pooledIdleMs).unref();
  }

  #drop(): void {
    for (const { wire } of this.#idle.splice(0)) wire.destroy();
  }
}

/** The acceptor's identity; one that does not trust us says nothing at all (1.4). */
export async function expectServer(wire: Wire, limits: HalibutLimits): Promise<{ readonly offersMux: boolean }> {
  const identity = await readIdentity(wire, limits.readWriteMs);
  if (!identity)
    throw new HalibutError(
      'OCTO_TRANSPORT_NOT_TRUSTED',
      `${wire.peer} closed the connection before it was established; usually it does not trust our certificate`,
      {
        started: 'no',
        hint: 'on the machine: tentacle configure --trust=<thumbprint of the server>, then restart the agent',
      },
    );
  if (identity.word !== 'MX-SERVER') throw protocolError(`${wire.peer} said ${identity.word} in place of MX-SERVER`);
  return identity;
}

function mayTryAgain(error: unknown): boolean {
  if (!HalibutError.isOne(error) || !error.isRetryable) return false;
  const { code } = (error.cause ?? {}) as { code?: string };
  return code !== 'ENOTFOUND' && code !== 'EAI_NONAME';
}
