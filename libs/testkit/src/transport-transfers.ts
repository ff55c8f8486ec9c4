import { type Bytes, type Session } from '@octo/kernel';
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { textBytes } from './bytes.ts';

const limit = () => AbortSignal.timeout(20_000);

/** The part of `transportContract` that is about files. */
export function transferCases(open: () => Promise<Session>): void {
  test('upload is whole or not at all; download of what is not there is undefined', async () => {
    await using session = await open();
    const content = randomBytes(300_000);
    const bytes: Bytes = {
      sizeBytes: content.length,
      async *open() {
        for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
      },
    };
    const sent: number[] = [];
    const { path } = await session.upload('packages/a.bin', bytes, limit(), (n) => sent.push(n));
    expect(path).toMatch(/^\/.*a\.bin$/);
    expect(sent.at(-1)).toBe(content.length);
    const back = await session.download('packages/a.bin', limit());
    expect(await whole(back?.open(100_000) ?? [])).toEqual(content.subarray(100_000));
    const damaged: Bytes = { ...bytes, sha256: '0'.repeat(64) };
    await expect(session.upload('packages/b.bin', damaged, limit())).rejects.toThrow(/damaged/);
    expect(await session.download('packages/b.bin', limit())).toBeUndefined();
    expect(await session.upload('packages/a.bin', textBytes('new'), limit())).toEqual({ path });
    expect((await session.download(path, limit()))?.sizeBytes).toBe(3);
    await expect(session.upload('../escape', bytes, limit())).rejects.toThrow(/inside/);
  });
}

async function whole(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
