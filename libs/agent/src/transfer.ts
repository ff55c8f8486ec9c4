import { type Bytes, TransportError } from '@octo/kernel';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { inside } from './workspace.ts';

/**
 * Store a file below `root`: whole or not at all, its hash checked where it is
 * told; on the disk before it is answered, unless `isDurable` is false.
 */
export async function storeFile(
  root: string,
  path: string,
  content: Bytes,
  options: { readonly isDurable?: boolean; readonly progress?: ((sentBytes: number) => void) | undefined },
  signal: AbortSignal,
): Promise<string> {
  const file = inside(root, path);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const part = `${file}.${randomBytes(6).toString('hex')}.part`;
  const hash = createHash('sha256');
  let size = 0;
  try {
    await using handle = await open(part, 'wx', 0o600);
    for await (const bytes of content.open()) {
      signal.throwIfAborted();
      hash.update(bytes);
      size += bytes.length;
      await handle.writeFile(bytes);
      options.progress?.(size);
    }
    if (options.isDurable !== false) await handle.sync();
    checkContent(path, content, size, hash.digest('hex'));
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await rename(part, file);
  return file;
}

function checkContent(path: string, content: Bytes, size: number, sha256: string): void {
  if (size === content.sizeBytes && (content.sha256 === undefined || content.sha256 === sha256)) return;
  throw new TransportError('OCTO_TRANSPORT_DAMAGED', `${path} arrived damaged: ${size} bytes with hash ${sha256}`, {
    started: 'no',
    hint: 'send it again',
  });
}

/** A file of this machine; relative paths start at `root`. Undefined where there is none. */
export async function fetchFile(root: string, path: string): Promise<Bytes | undefined> {
  const file = isAbsolute(path) ? path : inside(root, path);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  return {
    sizeBytes: found.size,
    open: (fromByte = 0) => createReadStream(file, { start: fromByte, highWaterMark: 256 * 1024 }),
  };
}
