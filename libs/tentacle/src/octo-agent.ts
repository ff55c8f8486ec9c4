import { type Call, IncomingStream, OutgoingStream } from '@octo/halibut';
import { type Bytes, OctoError, type ScriptStatus } from '@octo/kernel';
import { OCTO_AGENT } from './contracts.ts';
import { type Flavour } from './flavour.ts';
import { damaged, outgoing, refuseOutside } from './launch-files.ts';
import { readOctoCapabilities, readOctoStatus, writeOctoStart } from './octo-messages.ts';
import { askUntilNews, QUEUED } from './pace.ts';
import { Reading } from './reading.ts';
import { hear, isRefusal } from './refusals.ts';
import { callAgain, isPassing } from './retry.ts';
import { gone } from './stock-files.ts';
import { type StockOptions } from './stock-v2.ts';

/**
 * Longest an answer is held back with nothing to say, and how much later it may come. Where nobody else notices that a
 * connection has died, a question without an answer does, and is to cost less than 5 s together.
 */
const PATIENCE = { noticed: { holdMs: 5_000, lateMs: 10_000 }, unnoticed: { holdMs: 1_800, lateMs: 3_000 } };

/** Our own agent: a question stays with it until there is an answer, where that holds up nobody else. */
export function octoAgent({ caller, clock, retrying, known }: StockOptions): Flavour {
  const again = (method: string, params: readonly unknown[], signal: AbortSignal, more: Partial<Call> = {}) =>
    callAgain(
      caller,
      { service: OCTO_AGENT, method, params, ...more },
      { ...retrying, isFinal: isRefusal, hear },
      signal,
    );
  const ask = async (ticket: string, after: string, waitMs: number, signal: AbortSignal): Promise<ScriptStatus> =>
    readOctoStatus(
      await again('Status', [{ Ticket: ticket, After: after, WaitMs: waitMs }], signal, {
        answerMs: waitMs + patience().lateMs,
      }),
    );
  const patience = () => (caller.noticesSilence || !caller.isParallel ? PATIENCE.noticed : PATIENCE.unnoticed);
  return {
    isOurs: true,
    capabilities: async (signal) => readOctoCapabilities(await again('Capabilities', [], signal)),
    start: async (ticket, launch, signal) =>
      readOctoStatus(await again('Start', [writeOctoStart(ticket, launch)], signal)),
    async status({ ticket }, { after, waitMs }, signal) {
      if (caller.isParallel) return ask(ticket, after, Math.min(waitMs, patience().holdMs), signal);
      const script = known.of(ticket);
      return askUntilNews(() => ask(ticket, after, 0, signal), script, { clock, pace: QUEUED, waitMs }, signal);
    },
    async cancel({ ticket }, signal) {
      await again('Cancel', [{ Ticket: ticket }], signal);
    },
    async complete({ ticket }, _after, signal) {
      await again('Complete', [{ Ticket: ticket }], signal);
      known.forget(ticket);
      return [];
    },
  };
}

/** Uploads that were cut go on where they were, as long as the content's hash says that it is the same. */
export async function uploadToOcto(
  options: StockOptions,
  path: string,
  content: Bytes,
  signal: AbortSignal,
  progress?: (sentBytes: number) => void,
): Promise<{ readonly path: string }> {
  const { caller, clock, retrying } = options;
  refuseOutside(path);
  const giveUpMs = clock.now() + retrying.totalMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await sendRest(options, path, content, signal, progress);
    } catch (error) {
      signal.throwIfAborted();
      const pauseMs = Math.min(attempt, 10) * 1_000;
      const mayHelp = isBehind(error) || (isPassing(error) && !isRefusal(error));
      if (!mayHelp || clock.now() + pauseMs > giveUpMs) throw hear(error);
      retrying.log(
        `${(error as Error).message}; the upload of ${path} to ${caller.name} goes on in ${pauseMs / 1_000} s`,
      );
      await clock.sleep(pauseMs, signal);
    }
  }
}

/** The agent does not have what it said that it has; what it has now is asked for anew. */
function isBehind(error: unknown): boolean {
  const heard = hear(error);
  return OctoError.is(heard) && heard.code === 'OCTO_TENTACLE_UPLOAD';
}

async function sendRest(
  { caller, retrying }: StockOptions,
  path: string,
  content: Bytes,
  signal: AbortSignal,
  progress?: (sentBytes: number) => void,
): Promise<{ readonly path: string }> {
  const upload = { Path: path, SizeBytes: BigInt(content.sizeBytes), Sha256: content.sha256 };
  const call = (method: string, params: readonly unknown[]) =>
    caller
      .call({ service: OCTO_AGENT, method, params, onRetry: (text) => retrying.log(text, 'detail') }, signal)
      .then((it) => new Reading(it, 'an upload'));
  const fromByte = content.sha256 === undefined ? 0 : ((await call('BeginUpload', [upload])).number('Bytes') ?? 0);
  const stream = fromByte === 0 ? outgoing(content, progress) : restOf(content, fromByte, progress);
  const state = await call('Upload', [{ ...upload, FromByte: BigInt(fromByte) }, stream]);
  const found = state.number('Bytes');
  if (found !== content.sizeBytes) throw damaged(content, found ?? 0);
  progress?.(content.sizeBytes);
  return { path: state.text('FullPath') ?? path };
}

/** The hash of the whole is held against the file by the agent, which has the first part of it. */
function restOf(content: Bytes, fromByte: number, progress?: (sentBytes: number) => void): OutgoingStream {
  const told = progress && ((sent: number) => progress(fromByte + sent));
  return new OutgoingStream(content.sizeBytes - fromByte, () => content.open(fromByte), told);
}

/** Nothing is fetched before it is read, and then from the byte that is asked for. */
export async function downloadFromOcto(
  { caller, retrying }: StockOptions,
  path: string,
  signal: AbortSignal,
): Promise<Bytes | undefined> {
  const ask = async (fromByte: number) => {
    const params = [{ Path: path, FromByte: BigInt(fromByte) }];
    const call = { service: OCTO_AGENT, method: 'Download', params };
    return new Reading(await callAgain(caller, call, { ...retrying, isFinal: isRefusal, hear }, signal), 'a download');
  };
  const sizeBytes = (await ask(-1)).number('SizeBytes');
  if (sizeBytes === undefined || sizeBytes < 0) return undefined;
  return {
    sizeBytes,
    async *open(fromByte = 0) {
      if (fromByte >= sizeBytes) return;
      const stream = (await ask(fromByte)).get('Contents');
      if (!(stream instanceof IncomingStream)) throw gone(path);
      yield* stream.read(signal);
    },
  };
}
