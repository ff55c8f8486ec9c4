import { type Call, type Caller, HalibutError, RemoteError } from '@octo/halibut';
import { type Clock, type TransportError } from '@octo/kernel';

export interface Retrying {
  readonly clock: Clock;
  /** So long a call is tried again (R117; 2.5 min by default). */
  readonly totalMs: number;
  readonly log: (text: string) => void;
  /** Failures that are answers, and not tried again. */
  readonly isFinal?: (error: unknown) => boolean;
}

/**
 * A call that may be made again without harm: it is, after 1, 2, … 10 s, while the connection fails (halibut.md 6.4).
 * What fails at last is the last real failure; if any try may have been carried out, so may it.
 */
export async function callAgain(caller: Caller, call: Call, retrying: Retrying, signal: AbortSignal): Promise<unknown> {
  const { clock, totalMs, log, isFinal } = retrying;
  const giveUpMs = clock.now() + totalMs;
  let mayHaveArrived = false;
  for (let attempt = 1; ; attempt++) {
    try {
      return await caller.call({ ...call, onRetry: log }, signal);
    } catch (error) {
      signal.throwIfAborted();
      mayHaveArrived ||= isTransport(error) && error.started === 'maybe';
      const pauseMs = Math.min(attempt, 10) * 1_000;
      if (!isPassing(error) || isFinal?.(error) === true || clock.now() + pauseMs > giveUpMs)
        throw mayHaveArrived ? asMaybe(error) : error;
      const left = Math.round((giveUpMs - clock.now()) / 1_000);
      log(`${(error as Error).message}; trying again in ${pauseMs / 1_000} s, for ${left} s more`);
      await clock.sleep(pauseMs, signal);
    }
  }
}

/** Whether trying again may help. */
export function isPassing(error: unknown): boolean {
  return (HalibutError.isOne(error) || RemoteError.isOne(error)) && error.isRetryable;
}

function isTransport(error: unknown): error is TransportError {
  return HalibutError.isOne(error) || RemoteError.isOne(error);
}

function asMaybe(error: unknown): unknown {
  if (!HalibutError.isOne(error) || error.started === 'maybe') return error;
  const { code, message, hint, cause, isRetryable } = error;
  const more = { ...(hint !== undefined && { hint }), ...(cause !== undefined && { cause }) };
  return new HalibutError(code as `OCTO_TRANSPORT_${string}`, message, { started: 'maybe', isRetryable, ...more }); // every one has such a code
}
