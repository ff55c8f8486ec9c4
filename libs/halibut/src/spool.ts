import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary file without a name: it is gone with the process, however that ends. */
export interface Spool extends AsyncDisposable {
  write(chunk: Uint8Array): Promise<void>;
  /** From the first byte. */
  read(): AsyncIterable<Uint8Array>;
}

export async function openSpool(): Promise<Spool> {
  const path = join(tmpdir(), `halibut-${process.pid}-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return {
    async write(chunk) {
      await file.appendFile(chunk);
    },
    async *read() {
      for (let at = 0; ;) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(256 * 1024), { position: at });
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    },
    async [Symbol.asyncDispose]() {
      await file.close();
    },
  };
}
