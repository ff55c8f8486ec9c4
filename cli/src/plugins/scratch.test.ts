import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeScratch, sweepScratch } from './scratch.ts';

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'octo-scratch-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
const gone = () => spawnSync('true').pid;

test('what a process that is gone left is removed with all that is in it', async () => {
  const folder = await temporary();
  const left = join(folder, `octo-load-${gone()}-a1B2c3`);
  await mkdir(join(left, 'deep'), { recursive: true });
  await writeFile(join(left, 'deep', 'file'), 'x');
  await sweepScratch(folder);
  expect(await readdir(folder)).toHaveLength(1); // it may be that of a process that cannot be seen from here
  await utimes(left, 0, 0);
  await sweepScratch(folder);
  expect(await readdir(folder)).toEqual([]);
});

test('what a living process has stays, and so does whatever is not one of these folders', async () => {
  const folder = await temporary();
  const mine = await makeScratch(folder);
  const elsewhere = await temporary();
  await writeFile(join(elsewhere, 'precious'), '');
  const pid = gone();
  const others = ['octo-load-', 'octo-load-0-x', 'octo-load-a1B2c3', 'other'];
  for (const name of others) await mkdir(join(folder, name));
  await writeFile(join(folder, `octo-load-${pid}-file`), '');
  await symlink(elsewhere, join(folder, `octo-load-${pid}-link`));
  await utimes(elsewhere, 0, 0);
  for (const name of await readdir(folder)) await utimes(join(folder, name), 0, 0);
  await sweepScratch(folder);
  const kept = [basename(mine), ...others, `octo-load-${pid}-file`, `octo-load-${pid}-link`];
  expect((await readdir(folder)).toSorted()).toEqual(kept.toSorted());
  expect(existsSync(join(elsewhere, 'precious'))).toBe(true);
});

test('a temporary folder that cannot be read is no failure', async () => {
  await expect(sweepScratch(join(await temporary(), 'none'))).resolves.toBeUndefined();
});
