import { type Bytes, OctoError, TransportError } from '@octo/kernel';
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { closeSync, createReadStream, fstatSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { openAs } from './may-read.ts';
import { inside } from './workspace.ts';

export interface StoreOptions {
  /** On the disk before it is answered. Default true. */
  readonly isDurable?: boolean;
  /** Readable and runnable by every account of this machine that knows its name. */
  readonly isShared?: boolean;
  readonly progress?: ((sentBytes: number) => void) | undefined;
}

/** Full path of a file of this machine: relative ones start at `root` and stay there (halibut.md 5.7). */
export function pathOf(root: string, path: string): string {
  return isAbsolute(path) && !path.includes('\0') ? path : inside(root, path);
}

/** Store a file: whole or not at all, its size and, where it is told, its hash checked. Folders are made. */
export async function storeFile(
  file: string,
  content: Bytes,
  options: StoreOptions,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: options.isShared ? 0o711 : 0o700 });
  const known = content.sha256 === undefined ? undefined : partOf(file, content.sha256);
  const isMine = known !== undefined && !WRITTEN.has(known);
  const part = isMine ? known : `${file}.${randomBytes(6).toString('hex')}.part`;
  const over = Promise.withResolvers<void>();
  const writing = { isOvertaken: false, signal, over: over.promise };
  WRITTEN.set(part, writing);
  try {
    await writePart(part, content, options, signal);
    await rename(part, file);
    if (known !== undefined && !isMine) await overtake(known);
  } catch (error) {
    // What is here of a known content is kept: whoever sends it again goes on behind it.
    if (!isMine || writing.isOvertaken || isRefusal(error)) await rm(part, { force: true });
    signal.throwIfAborted();
    throw error;
  } finally {
    WRITTEN.delete(part);
    over.resolve();
  }
}

interface Writing {
  isOvertaken: boolean;
  readonly signal: AbortSignal;
  readonly over: Promise<void>;
}
/** Parts that this process writes at the moment. */
const WRITTEN = new Map<string, Writing>();

/** The same content came whole another way, while this one was not yet known to be cut: nobody will go on behind it. */
async function overtake(part: string): Promise<void> {
  const writing = WRITTEN.get(part);
  if (writing) writing.isOvertaken = true;
  else await rm(part, { force: true });
}
const partOf = (file: string, sha256: string) => `${file}.${sha256.toLowerCase().slice(0, 32)}.part`;

/** The content itself was refused; a cut connection says nothing about it. */
function isRefusal(error: unknown): boolean {
  if (!OctoError.is(error)) return false;
  return error.code === 'OCTO_TRANSPORT_DAMAGED' || error.code.startsWith('OCTO_TENTACLE_');
}

/** Bytes of a content that came before its transfer was cut. */
export async function keptBytes(file: string, sha256: string): Promise<number> {
  const part = partOf(file, sha256);
  const writing = WRITTEN.get(part);
  if (writing?.signal.aborted) await writing.over; // it was cut, and only puts away what came
  return WRITTEN.has(part) ? 0 : ((await stat(part).catch(() => undefined))?.size ?? 0);
}

async function writePart(part: string, content: Bytes, options: StoreOptions, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  await using handle = await open(part, 'a+', 0o600);
  let { size: sizeBytes } = await handle.stat();
  if (sizeBytes > 0) await hashStart(hash, handle, signal);
  // One piece is written while the next one comes and is hashed.
  let writing = Promise.resolve();
  for await (const bytes of read(content, signal, sizeBytes)) {
    hash.update(bytes);
    await writing;
    sizeBytes += bytes.length;
    writing = writeAll(handle, bytes);
    writing.catch(() => {}); // heard of at the next turn
    options.progress?.(sizeBytes);
  }
  await writing;
  signal.throwIfAborted();
  refuseDamaged(content, sizeBytes, hash.digest('hex'));
  if (options.isShared) await handle.chmod(0o755);
  if (options.isDurable !== false) await handle.sync();
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
}

async function hashStart(hash: Hash, handle: FileHandle, signal: AbortSignal): Promise<void> {
  for await (const bytes of handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 1024 * 1024 })) {
    signal.throwIfAborted();
    hash.update(bytes as Uint8Array); // no encoding was asked for
  }
}

/** All bytes of a small source, proved as in `storeFile`. */
export async function readWhole(content: Bytes, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const bytes of read(content, signal)) chunks.push(bytes);
  signal.throwIfAborted();
  const all = Buffer.concat(chunks);
  refuseDamaged(content, all.length, createHash('sha256').update(all).digest('hex'));
  return all;
}

/** A source may hang: the signal ends the wait, and nobody waits for the source to tidy up. */
async function* read(content: Bytes, signal: AbortSignal, fromByte = 0): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  aborted.catch(() => {});
  const giveUp = () => reject(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  const chunks = content.open(fromByte)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([chunks.next(), aborted]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', giveUp);
    chunks.return?.().catch(() => {});
  }
}

function refuseDamaged(content: Bytes, sizeBytes: number, sha256: string): void {
  if (sizeBytes === content.sizeBytes && sha256 === (content.sha256?.toLowerCase() ?? sha256)) return;
  throw new TransportError(
    'OCTO_TRANSPORT_DAMAGED',
    `a file arrived damaged: ${sizeBytes} bytes with hash ${sha256} instead of ${content.sizeBytes} with ${content.sha256 ?? 'any'}`,
    { started: 'no', hint: 'send it again' },
  );
}

/** The same for a file that a script has named, as far as its account may read it. */
export async function fetchFileAs(
  file: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): Promise<Bytes | undefined> {
  const fd = openAs(file, uid, gid);
  if (fd === undefined) return undefined;
  const sizeBytes = fstatSync(fd).size;
  closeSync(fd);
  const open = async function* (fromByte = 0) {
    const again = openAs(file, uid, gid);
    if (again === undefined)
      throw new TransportError('OCTO_TRANSPORT_GONE', `${file} is not there any more`, { started: 'no' });
    if (sizeBytes <= fromByte) return closeSync(again);
    yield* createReadStream('', { fd: again, start: fromByte, end: sizeBytes - 1, highWaterMark: 256 * 1024 });
  };
  return { sizeBytes, open };
}

/** A file of this machine, to be read as often as need be. Undefined where there is none. */
export async function fetchFile(file: string): Promise<Bytes | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const { size: sizeBytes } = found;
  return {
    sizeBytes,
    /** What is appended meanwhile is not read: a wire carries as many bytes as were promised. */
    async *open(fromByte = 0) {
      if (fromByte >= sizeBytes) return;
      yield* createReadStream(file, { start: fromByte, end: sizeBytes - 1, highWaterMark: 256 * 1024 });
    },
  };
}
