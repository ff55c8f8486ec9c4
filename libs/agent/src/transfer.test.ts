import { type Bytes } from '@octo/kernel';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keptBytes, storeFile } from './transfer.ts';

const TEXT = 'the first half, and the second half';
const HALF = 16;
const sha256 = createHash('sha256').update(TEXT).digest('hex');
let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'octo-transfer-'));
  file = join(dir, 'a.txt');
});
afterEach(() => rm(dir, { recursive: true }));

const never = new AbortController().signal;
const told: number[] = [];
const whole: Bytes = {
  sizeBytes: TEXT.length,
  sha256,
  async *open(fromByte = 0) {
    told.push(fromByte);
    yield Buffer.from(TEXT.slice(fromByte));
  },
};

/** Half of it, and then nothing until it is cut. */
function stuck(): { readonly content: Bytes; readonly halfCame: Promise<void>; cut(): void } {
  const [half, end] = [Promise.withResolvers<void>(), Promise.withResolvers<never>()];
  async function* open() {
    yield Buffer.from(TEXT.slice(0, HALF));
    half.resolve(); // it was asked for more: what came is written
    yield await end.promise;
  }
  const cut = () => end.reject(new Error('the connection broke'));
  return { content: { ...whole, open }, halfCame: half.promise, cut };
}

test('a content that was cut is kept under its hash, and who sends it again goes on behind it', async () => {
  const first = stuck();
  const storing = storeFile(file, first.content, {}, never);
  await first.halfCame;
  expect(await keptBytes(file, sha256)).toBe(0); // still written: nobody else may go on there
  first.cut();
  await expect(storing).rejects.toThrow('broke');
  expect(await keptBytes(file, sha256)).toBe(HALF);
  await storeFile(file, whole, {}, never);
  expect(told.at(-1)).toBe(HALF);
  expect([await readFile(file, 'utf8'), await readdir(dir)]).toEqual([TEXT, ['a.txt']]);
});

test('who asks right behind a cut waits until what came is put away', async () => {
  const first = stuck();
  const connection = new AbortController();
  const storing = storeFile(file, first.content, {}, connection.signal);
  storing.catch(() => {}); // looked at below
  await first.halfCame;
  connection.abort();
  expect(await keptBytes(file, sha256)).toBe(HALF);
  await expect(storing).rejects.toThrow('aborted');
});

test.each(['before', 'after'])('a try that is cut %s another one came whole leaves nothing', async (when) => {
  const first = stuck();
  const storing = storeFile(file, first.content, {}, never);
  await first.halfCame;
  const second = when === 'after' ? whole : await cutMeanwhile(first, storing);
  await storeFile(file, second, {}, never);
  first.cut();
  await expect(storing).rejects.toThrow('broke');
  expect([await readFile(file, 'utf8'), await readdir(dir)]).toEqual([TEXT, ['a.txt']]);
});

/** The second try begins while the first one is written, and ends when that was cut. */
async function cutMeanwhile(first: ReturnType<typeof stuck>, storing: Promise<void>): Promise<Bytes> {
  async function* open() {
    first.cut();
    await storing.catch(() => {});
    yield Buffer.from(TEXT);
  }
  return { ...whole, open };
}
