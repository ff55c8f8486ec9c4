import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lock } from './lock.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'octo-lock-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a lock is given back, and nothing is left of it', async () => {
  const file = join(folder, 'given-back');
  {
    await using held = await lock(file, 0);
    expect(await held.stillMine()).toBe(true);
  }
  expect(await readdir(folder)).toEqual([]);
});

test('who waits too long hears which process holds it', async () => {
  const file = join(folder, 'busy');
  await using _held = await lock(file, 0);
  await expect(lock(file, 0)).rejects.toMatchObject({
    code: 'OCTO_PLUGIN_BUSY',
    message: expect.stringContaining(`process ${process.pid}`) as string,
  });
});

test.each([
  ['of a process that is gone', () => ({ pid: spawnSync('true').pid, token: 'dead', sinceMs: Date.now() })],
  ['that is older than any change can take', () => ({ pid: process.pid, token: 'old', sinceMs: 0 })],
])('a lock %s is taken over, by one only', async (_, left) => {
  const file = join(folder, 'left');
  await writeFile(file, JSON.stringify(left()));
  const tries = await Promise.allSettled([lock(file, 300), lock(file, 300), lock(file, 300)]);
  const [held, ...more] = tries.flatMap((t) => (t.status === 'fulfilled' ? [t.value] : []));
  expect(more).toEqual([]);
  expect(await held?.stillMine()).toBe(true);
  await held?.[Symbol.asyncDispose]();
});
