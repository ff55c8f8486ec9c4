import { IncomingStream } from '@octo/halibut';
import { type Bytes, TransportError } from '@octo/kernel';
import { FILES } from './contracts.ts';
import { outgoing, refuseOutside, type Sent } from './launch-files.ts';
import { Reading } from './reading.ts';
import { callAgain } from './retry.ts';
import { type StockOptions } from './stock-v2.ts';

/** A received file that nobody opens in this time is let go, for it holds a connection. */
const UNOPENED_MS = 10_000;

/** The whole file again on every try, and its hash held against what the agent stored (halibut.md 5.7). */
export async function uploadTo(
  { caller, retrying }: StockOptions,
  path: string,
  content: Bytes,
  signal: AbortSignal,
  progress?: (sentBytes: number) => void,
): Promise<{ readonly path: string }> {
  refuseOutside(path);
  const sent: Sent = {};
  const call = { service: FILES, method: 'UploadFile', params: [path, outgoing(content, progress, sent)] };
  const answer = new Reading(await callAgain(caller, call, retrying, signal), 'the answer to an upload');
  const length = answer.number('Length');
  const hash = answer.text('Hash')?.toLowerCase();
  if (length !== content.sizeBytes || (hash !== undefined && sent.sha1 !== undefined && hash !== sent.sha1))
    throw new TransportError(
      'OCTO_TRANSPORT_DAMAGED',
      `${path} arrived damaged at ${caller.name}: ${length} bytes with SHA-1 ${hash} instead of ${content.sizeBytes} with ${sent.sha1}`,
      { started: 'no', hint: 'send it again' },
    );
  progress?.(content.sizeBytes);
  return { path: answer.text('FullPath') ?? path };
}

export async function downloadFrom(
  options: StockOptions,
  path: string,
  signal: AbortSignal,
): Promise<Bytes | undefined> {
  let inHand: IncomingStream | undefined = await fetchFrom(options, path, signal);
  if (!inHand) return undefined;
  const { lengthBytes: sizeBytes } = inHand;
  const timer = setTimeout(() => {
    void inHand?.[Symbol.asyncDispose]().catch(() => {});
    inHand = undefined;
  }, UNOPENED_MS).unref();
  return {
    sizeBytes,
    async *open(fromByte = 0) {
      clearTimeout(timer);
      const stream = inHand ?? (await fetchFrom(options, path, signal));
      inHand = undefined;
      if (!stream) throw gone(path);
      yield* behind(stream.read(signal), fromByte);
    },
  };
}

async function fetchFrom(
  { caller, retrying }: StockOptions,
  path: string,
  signal: AbortSignal,
): Promise<IncomingStream | undefined> {
  const call = { service: FILES, method: 'DownloadFile', params: [path] };
  const stream = await callAgain(caller, call, retrying, signal);
  return stream instanceof IncomingStream ? stream : undefined;
}

/** What comes behind so many bytes. */
export async function* behind(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

export function gone(path: string): TransportError {
  return new TransportError('OCTO_TRANSPORT_GONE', `${path} is not there any more`, { started: 'no' });
}
