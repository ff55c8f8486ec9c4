import { OutgoingStream } from '@octo/halibut';
import { type Bytes, InputError, type Launch, TransportError } from '@octo/kernel';
import { createHash, type Hash } from 'node:crypto';
import { type StartFile } from './script-messages.ts';

/** Files of a launch, as streams beside the command. A name that leaves the workspace goes nowhere. */
export function startFiles(launch: Launch): readonly StartFile[] {
  return (launch.files ?? []).map(({ name, content }) => {
    refuseOutside(name);
    return { name, contents: outgoing(content) };
  });
}

/** Relative paths start at the machine side's root and stay there; a foreign agent would follow them out. */
export function refuseOutside(path: string): void {
  const steps = path.split(/[/\\]/);
  if (!steps.includes('..') && !path.includes('\0')) return;
  throw new InputError('OCTO_TENTACLE_PATH', `"${path}" does not stay inside the folder it starts in`, {
    hint: 'name it without ..',
  });
}

/** The SHA-1 that a Tentacle answers with, known when everything was sent. */
export interface Sent {
  sha1?: string;
}

/**
 * `content` on its way. Its last piece is held back until its own hash is found right: a damaged source never arrives
 * whole.
 */
export function outgoing(content: Bytes, progress?: (sentBytes: number) => void, sent?: Sent): OutgoingStream {
  const open = (signal: AbortSignal) => proved(content, signal, sent);
  return new OutgoingStream(content.sizeBytes, open, progress);
}

async function* proved(content: Bytes, signal: AbortSignal, sent: Sent | undefined): AsyncGenerator<Uint8Array> {
  const wanted = content.sha256?.toLowerCase();
  const sha256 = wanted === undefined ? undefined : createHash('sha256');
  const sha1 = sent && createHash('sha1');
  let held: Uint8Array | undefined;
  let sizeBytes = 0;
  for await (const chunk of content.open()) {
    signal.throwIfAborted();
    if (held) yield held;
    update([sha256, sha1], chunk);
    sizeBytes += chunk.length;
    held = chunk;
  }
  const found = sha256?.digest('hex');
  if (found !== wanted || sizeBytes !== content.sizeBytes) throw damaged(content, sizeBytes, found);
  if (sent && sha1) sent.sha1 = sha1.digest('hex');
  if (held) yield held;
}

function update(hashes: readonly (Hash | undefined)[], chunk: Uint8Array): void {
  for (const hash of hashes) hash?.update(chunk);
}

export function damaged(content: Bytes, sizeBytes: number, hash = 'any'): TransportError {
  return new TransportError(
    'OCTO_TRANSPORT_DAMAGED',
    `a file was damaged: ${sizeBytes} bytes with hash ${hash} instead of ${content.sizeBytes} with ${content.sha256 ?? 'any'}`,
    { started: 'no', hint: 'send it again' },
  );
}
