import {
  asServerError,
  type Call,
  type Caller,
  Guid,
  HalibutError,
  IncomingStream,
  OutgoingStream,
  RemoteError,
  type ServiceHost,
} from '@octo/halibut';
import { type fakeClock, realClock } from '@octo/testkit';
import { type Clock } from '@octo/kernel';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type TentacleOptions } from './session.ts';

export interface FakeCaller extends Caller {
  /** What was asked, in order. */
  readonly calls: Call[];
}

/** A machine that answers as `answer` says; what that throws, the call rejects with. */
export function callerOf(answer: (call: Call, signal: AbortSignal) => unknown, isParallel = true): FakeCaller {
  const calls: Call[] = [];
  return {
    name: 'a machine',
    isParallel,
    noticesSilence: false,
    calls,
    async call(call, signal) {
      signal.throwIfAborted();
      calls.push(call);
      return answer(call, signal);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** A machine in this process: calls go straight to its services, bytes beside them too. */
export function callerOn(host: ServiceHost): FakeCaller {
  return callerOf(async ({ service, method, params }, signal) => {
    try {
      const found = host.find(service.name);
      if (!found) throw host.unknownService?.(service.name) ?? new Error(`no ${service.name}`);
      return arrived(await found.invoke(method, params.map(arrived), { signal, peerThumbprint: '' }));
    } catch (error) {
      signal.throwIfAborted();
      throw new RemoteError('a machine', asServerError(error));
    }
  });
}

/** A value as the other side has it. */
function arrived(value: unknown): unknown {
  if (value instanceof OutgoingStream) return incoming(value);
  if (Array.isArray(value)) return value.map(arrived);
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, arrived(member)]));
}

export function incoming({ lengthBytes, open }: Pick<OutgoingStream, 'lengthBytes' | 'open'>): IncomingStream {
  const stream = new IncomingStream(Guid.random(), lengthBytes);
  stream.attach({ read: (_stream, signal) => open(signal), leave: async () => {} });
  return stream;
}

export function textStream(text: string): OutgoingStream {
  const bytes = Buffer.from(text);
  return new OutgoingStream(bytes.length, async function* () {
    yield bytes;
  });
}

export function lost(started: 'no' | 'maybe' = 'maybe', isRetryable = true): HalibutError {
  return new HalibutError('OCTO_TRANSPORT_BROKEN', `the connection broke (${started})`, { started, isRetryable });
}

/** What a service said instead of a result. */
export function answered(message: string, details = '', errorType?: string): RemoteError {
  return new RemoteError('a machine', { message, details, errorType });
}

/** In a Tentacle's words (halibut.md 3.11). */
export function noService(name: string): RemoteError {
  const text = `Error: ${name} has not been registered through an IAutofacServiceSource`;
  return answered(text, `Octopus.Tentacle.Communications.UnknownServiceNameException: ${text}`);
}

export function optionsOf(caller: Caller, clock: Clock = realClock): TentacleOptions & { readonly logged: string[] } {
  const logged: string[] = [];
  const log = { write: (_category: string, text: string) => void logged.push(text), progress() {} };
  return { caller, clock, limits: { retryTimeLimitMs: 60_000 }, log, logged };
}

/** Lets the time of a fake clock run until the work is done. */
export async function driven<T>(clock: ReturnType<typeof fakeClock>, work: Promise<T>): Promise<T> {
  let isOver = false;
  const end = () => (isOver = true);
  work.then(end, end);
  while (!isOver) {
    for (let turn = 0; turn < 3; turn++) await nextTurn();
    if (!isOver) clock.advance(100);
  }
  return work;
}
