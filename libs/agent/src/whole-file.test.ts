import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeWhole } from './whole-file.ts';

let folder = '';
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'octo-whole-'))));
afterAll(() => rm(folder, { recursive: true }));

test('of those that write one file at once none fails, and one of them has written it', async () => {
  const texts = Array.from({ length: 20 }, (_, n) => `${n}`.repeat(1000));
  await Promise.all(texts.map((text) => writeWhole(join(folder, 'durable'), text)));
  expect(texts).toContain(await readFile(join(folder, 'durable'), 'utf8'));
  expect(await readdir(folder)).toEqual(['durable']);
});

// As processes do that share a data folder: several `octo run` in a fresh one, each of which lays down the spawner.
test('the same holds for the quick way, whoever writes in between', async () => {
  const file = join(folder, 'quick');
  const code = `
    const { workerData: { module, file } } = require('node:worker_threads');
    import(module).then(({ writeQuickly }) => {
      for (let n = 0; n < 300; n++) writeQuickly(file, 'x'.repeat(4000));
    });`;
  const workerData = { module: new URL('whole-file.ts', import.meta.url).href, file };
  const ends = Array.from({ length: 3 }, async () => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    new Worker(code, { eval: true, workerData }).once('error', reject).once('exit', resolve);
    return promise;
  });
  expect(await Promise.all(ends)).toEqual([0, 0, 0]);
  expect(await readFile(file, 'utf8')).toBe('x'.repeat(4000));
  expect((await readdir(folder)).toSorted()).toEqual(['durable', 'quick']);
});
