import { type Call } from './contract.ts';
import { HalibutError } from './errors.ts';
import { type Wire } from './wire.ts';

/**
 * While calls are under way a silent peer is asked after so many looks, and given up after the second number, so that a
 * pulled wire costs less than 5 s. Looks are counted, not clocked: a busy event loop of our own is not the peer's silence.
 */
export const BUSY = { ask: 5, giveUp: 11 };

/**
 * Watches a peer while calls wait for its answers, each on a connection of its own. Where nothing moves on any of them the
 * peer is asked beside them, over another connection: a long call of a living peer goes on, and those of a lost one end.
 */
export class Silence implements Disposable {
  readonly #lookMs: number;
  /** Settles when the peer has answered. */
  readonly #ask: (probe: Call, signal: AbortSignal) => Promise<unknown>;
  readonly #gone: () => void;
  /** Connections that wait, with what had moved on them up to the last look. */
  readonly #waiting = new Map<Wire, number>();
  #probe: Call | undefined;
  #looks = 0;
  #timer: NodeJS.Timeout | undefined;
  #asking: AbortController | undefined;
  /** Whether it answers on one connection while another waits. A way that lets only one through is not to be judged by this. */
  #answersBeside: 'yes' | 'unknown' | 'doubtful' = 'unknown';

  /** `gone`: told when the peer is given up. */
  constructor(lookMs: number, ask: (probe: Call, signal: AbortSignal) => Promise<unknown>, gone: () => void) {
    this.#lookMs = lookMs;
    this.#ask = ask;
    this.#gone = gone;
  }

  /** From the moment in which the peer has just been heard on that connection, until this is disposed of. */
  watch(wire: Wire, probe: Call): Disposable {
    this.#probe = probe;
    if (this.#waiting.size > 0) this.#answersBeside = 'yes';
    this.#waiting.set(wire, wire.moves);
    this.#heard();
    this.#timer ??= setInterval(() => this.#look(), this.#lookMs).unref();
    return {
      [Symbol.dispose]: () => {
        this.#waiting.delete(wire);
        if (this.#waiting.size === 0) this[Symbol.dispose]();
      },
    };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#heard();
  }

  #heard(): void {
    this.#looks = 0;
    this.#asking?.abort();
    this.#asking = undefined;
  }

  #look(): void {
    let isHeard = false;
    for (const [wire, moves] of this.#waiting) {
      isHeard ||= wire.moves !== moves;
      this.#waiting.set(wire, wire.moves);
    }
    if (isHeard) return this.#heard();
    this.#looks++;
    if (this.#looks >= BUSY.giveUp) this.#giveUp();
    else if (this.#looks >= BUSY.ask && !this.#asking && this.#probe) void this.#askBeside(this.#probe);
  }

  /** Only silence counts: a refusal is an answer, too. */
  async #askBeside(probe: Call): Promise<void> {
    const asking = (this.#asking = new AbortController());
    await this.#ask(probe, asking.signal).catch(() => {});
    if (this.#asking !== asking) return;
    this.#answersBeside = 'yes';
    this.#heard();
  }

  /** A peer that was never seen to answer beside is given up once; if it is alive it would be given up for ever. */
  #giveUp(): void {
    if (this.#answersBeside === 'doubtful') return this.#heard();
    if (this.#answersBeside === 'unknown') this.#answersBeside = 'doubtful';
    const silentS = (BUSY.giveUp * this.#lookMs) / 1_000;
    this.#heard();
    for (const wire of this.#waiting.keys())
      wire.destroy(
        new HalibutError(
          'OCTO_TRANSPORT_TIMEOUT',
          `${wire.peer} was silent for ${silentS} s, and does not answer on another connection either`,
          { started: 'maybe' },
        ),
      );
    this.#gone();
  }
}
