import { type ActivityLog, type Clock, type ConnectionLimits, type TransportError } from '@octo/kernel';
import { asMaybe, isPassing } from './errors.ts';
import { type Lane, type Lanes } from './lanes.ts';
import { type Reply, type Shell } from './shell.ts';

export interface CallerOptions {
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly limits: ConnectionLimits;
  readonly log: ActivityLog;
}
/** With less than this left, nothing is tried any more. */
const LEAST_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** A machine that takes longer for an answer than was asked of it has stopped somewhere. */
const ANSWER_MS = 60_000;

/**
 * Commands that may be given again without harm: they are, while the way to the machine fails, until the time of the
 * machine policy is over (R117, R122-R124). What fails at last is the last failure; if any try may have been carried out,
 * it says so.
 */
export class Caller {
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly #limits: ConnectionLimits;
  readonly #log: ActivityLog;

  constructor({ lanes, clock, limits, log }: CallerOptions) {
    this.lanes = lanes;
    this.clock = clock;
    this.#limits = limits;
    this.#log = log;
  }

  /** With a shell of its own, once. */
  async once<T>(work: (lane: Lane) => Promise<T>, signal: AbortSignal): Promise<T> {
    const lane = await this.lanes.take(signal);
    try {
      return await work(lane);
    } finally {
      this.lanes.giveBack(lane);
    }
  }
  async call<T>(work: (lane: Lane) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.again(() => this.once(work, signal), signal);
  }

  /** One command, whose answer is awaited for `waitMs` and a margin. */
  async ask(command: (id: string) => string, signal: AbortSignal, waitMs = 0): Promise<Reply> {
    return this.call(({ shell }) => answerOf(shell, command, waitMs, signal), signal);
  }

  /** `isTold`: whether a command was given that starts something. */
  async again<T>(work: () => Promise<T>, signal: AbortSignal, isTold: () => boolean = () => false): Promise<T> {
    const { retryAttempts, retrySleepMs, retryTimeLimitMs, callRetryMs = retryTimeLimitMs } = this.#limits;
    const giveUpMs = this.clock.now() + callRetryMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        if (!isPassing(error)) throw isTold() && isUnstarted(error) ? asMaybe(error) : error;
        const grown = attempt < retryAttempts ? 0 : (attempt - retryAttempts + 1) * 1_000;
        const pauseMs = attempt === 1 ? 0 : Math.min(retrySleepMs + grown, LONGEST_PAUSE_MS);
        const leftMs = giveUpMs - this.clock.now() - pauseMs;
        if (leftMs < LEAST_MS) throw isTold() ? asMaybe(error) : error;
        if (pauseMs > 0)
          this.#log.write('warning', `${error.message}; trying again in ${pauseMs / 1_000} s, for ${Math.round(leftMs / 1_000)} s more`); // prettier-ignore
        await this.clock.sleep(pauseMs, signal);
      }
    }
  }
}

function isUnstarted(error: unknown): error is TransportError {
  return (error as Partial<TransportError>).kind === 'TransportError';
}

/** Ends with the signal at once; the shell stays busy until its answer is there, or is closed if none comes. */
export async function answerOf(
  shell: Shell,
  command: (id: string) => string,
  waitMs: number,
  signal: AbortSignal,
): Promise<Reply> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => {
    shell.nudge();
    reject(signal.reason as Error);
  };
  const limit = setTimeout(() => shell[Symbol.dispose](), waitMs + ANSWER_MS);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([shell.ask(command), promise]);
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', abort);
  }
}
