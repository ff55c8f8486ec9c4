import { type Call, type Caller, HalibutError, RemoteError, type TypeContract } from '@octo/halibut';
import { type Clock, OctoError, TransportError } from '@octo/kernel';
import { CAPABILITIES } from './contracts.ts';

export interface Retrying {
  readonly clock: Clock;
  /** So long a call is tried again (R117; 2.5 min by default). */
  readonly totalMs: number;
  /** For people; `detail`: one of many, for those who look closer. */
  readonly log: (text: string, detail?: 'detail') => void;
  /** Failures that are answers, and not tried again. */
  readonly isFinal?: (error: unknown) => boolean;
  /** What such a failure means to whoever called. */
  readonly hear?: (error: unknown) => unknown;
}

/** Every agent answers it at once; one of old, that it has no such service. */
const PROBE: Call = { service: CAPABILITIES, method: 'GetCapabilities', params: [] };

/** With less than this left, nothing is tried any more (halibut.md 6.4). */
const LEAST_MS = 1_000;

/**
 * A call that may be made again without harm: it is, after 1, 2, … 10 s, while the connection fails (halibut.md 6.4).
 * What fails at last is the last real failure; if any try may have been carried out, so may it.
 */
export async function callAgain(caller: Caller, call: Call, retrying: Retrying, signal: AbortSignal): Promise<unknown> {
  const { clock, totalMs, log, isFinal, hear } = retrying;
  const giveUpMs = clock.now() + totalMs;
  const told = { ...call, probe: PROBE, onRetry: (text: string) => log(text, 'detail') };
  const again = (signal: AbortSignal) => caller.call(told, signal);
  let mayHaveArrived = false;
  let last: unknown;
  let meant: unknown;
  for (let attempt = 1; ; attempt++) {
    const leftMs = giveUpMs - clock.now();
    try {
      if (attempt === 1 || carriesStreams(call)) return await again(signal);
      return await within(clock, leftMs, again, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error !== LATE) [last, meant] = [error, hear ? hear(error) : error];
      mayHaveArrived ||= OctoError.is(meant) && (meant as TransportError).started === 'maybe';
      const pauseMs = Math.min(attempt, 10) * 1_000;
      const isLate = error === LATE || clock.now() + pauseMs + LEAST_MS > giveUpMs;
      if (!isPassing(last) || isFinal?.(last) === true || isLate) throw mayHaveArrived ? asMaybe(meant) : meant;
      const leftS = Math.round((giveUpMs - clock.now()) / 1_000);
      log(`${(last as Error).message}; trying again in ${pauseMs / 1_000} s, for ${leftS} s more`);
      await clock.sleep(pauseMs, signal);
    }
  }
}

/** Whether trying again may help. */
export function isPassing(error: unknown): boolean {
  return (HalibutError.isOne(error) || RemoteError.isOne(error)) && error.isRetryable && !isWithoutService(error);
}

/** The called service is not there, in Halibut's words or in a Tentacle's (halibut.md 3.11). */
export function isWithoutService(error: unknown): boolean {
  if (!RemoteError.isOne(error)) return false;
  const isNamed = error.failure === 'no-such-service' || error.failure === 'no-such-method';
  const words = `${error.message}\n${error.details}`;
  return isNamed || words.includes('Octopus.Tentacle.Communications.UnknownServiceNameException');
}

const LATE = Symbol('the time for all tries is over');

/** A try that is cut off after so long, and rejects with LATE then. */
async function within<T>(
  clock: Clock,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const [cut, over] = [new AbortController(), new AbortController()];
  clock.sleep(limitMs, over.signal).then(
    () => cut.abort(LATE),
    () => {}, // it was in time
  );
  try {
    return await work(AbortSignal.any([signal, cut.signal]));
  } finally {
    over.abort();
  }
}

/** Bytes take as long as they take: what carries them is not cut off. */
function carriesStreams({ service, method }: Call): boolean {
  const contract = service.methods[method];
  return contract !== undefined && [...contract.params, contract.result].some(isWithStreams);
}
function isWithStreams(type: TypeContract): boolean {
  return type.kind === 'stream' || (type.kind === 'object' && type.streams.length > 0);
}

function asMaybe(error: unknown): unknown {
  if (!OctoError.is(error) || (error as TransportError).started !== 'no') return error;
  const { code, message, hint } = error;
  return new TransportError(code as `OCTO_TRANSPORT_${string}`, message, {
    started: 'maybe',
    cause: error,
    ...(hint !== undefined && { hint }),
  }); // only transport errors have `started`, and every one has such a code
}
