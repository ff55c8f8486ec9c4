import { type Call } from './contract.ts';
import { HalibutError, protocolError, RemoteError } from './errors.ts';
import { deflated, readDeflated } from './framing.ts';
import { Frames, writeFrame } from './frames.ts';
import { type HalibutLimits } from './limits.ts';
import { bindResult, NOTHING_DEFLATED, readMessage, writeRequest } from './message.ts';
import { type Wire } from './wire.ts';

export interface Outcome {
  readonly result: unknown;
  /** Resolves when the connection may carry the next call: at once, or when the streams of the result were read. False: never. */
  readonly isFree: Promise<boolean>;
}

export interface Exchanging {
  readonly endpoint: { readonly BaseUri: string; readonly RemoteThumbprint: string };
  readonly limits: HalibutLimits;
  /** What it returns is held while only the answer is waited for. */
  readonly waiting?: (() => Disposable) | undefined;
}

/** Number of a request in its id; they only have to differ. */
let requests = 0;

/**
 * One call over one connection that is ready for it. What happens before the first byte is written counts as `started:
 * 'no'`; everything later as `maybe`. The signal ends the connection.
 */
export async function exchange(
  wire: Wire,
  call: Call,
  { endpoint, limits, waiting }: Exchanging,
  signal: AbortSignal,
): Promise<Outcome> {
  signal.throwIfAborted();
  const stop = () => wire.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { id, written } = writeRequest(call, ++requests, endpoint);
    await wire.write(await deflated(written.bytes), limits.readWriteMs);
    for (const stream of written.streams) await writeFrame(wire, stream, limits, signal);
    using _watch = waiting?.();
    return await readOutcome(wire, id, call, limits);
  } catch (error) {
    if (!RemoteError.isOne(error)) wire.destroy();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function readOutcome(wire: Wire, id: string, call: Call, limits: HalibutLimits): Promise<Outcome> {
  const what = `the answer to ${call.service.name}.${call.method}`;
  const answerMs = Math.min(limits.responseMs, call.answerMs ?? Infinity);
  const bytes = await readDeflated(wire, limits, answerMs, what);
  if (!bytes) throw wire.lost();
  const message = readMessage(bytes, limits);
  if (message.kind !== 'response') throw protocolError(`${wire.peer} sent a ${message.kind} in place of ${what}`);
  if (message.id !== id) throw protocolError(`${wire.peer} answered another request`);
  if (message.error) throw new RemoteError(wire.peer, message.error);
  const { result, streams } = bindResult(
    message.result,
    call.service.methods[call.method]?.result ?? { kind: 'nothing' },
  );
  if (streams.length === 0) return { result, isFree: Promise.resolve(true) };
  const { promise, resolve } = Promise.withResolvers<boolean>();
  new Frames(wire, limits, streams, () => resolve(true));
  wire.closed.addEventListener('abort', () => resolve(false), { once: true });
  return { result, isFree: promise };
}

/** Tells a polling service that there is nothing to do. */
export async function writeNothing(wire: Wire, limits: HalibutLimits): Promise<void> {
  await wire.write(NOTHING_DEFLATED, limits.readWriteMs);
}

export function abandoned(name: string): HalibutError {
  return new HalibutError('OCTO_TRANSPORT_CLOSED', `the way to ${name} was closed`, {
    started: 'no',
    isRetryable: false,
  });
}
