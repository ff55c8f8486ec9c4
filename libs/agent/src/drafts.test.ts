import { spawnSync } from 'node:child_process';
import { mkdtempDisposable, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { draftName, removeDeadDrafts, removeOldParts } from './drafts.ts';

test('drafts of processes that are gone are deleted; those of living ones and whole workspaces stay', async () => {
  await using work = await mkdtempDisposable(join(tmpdir(), 'octo-drafts-'));
  const { pid } = spawnSync('true');
  const mine = draftName('mine');
  const again = `.again-${process.pid}-1-00ff`; // the pid came again
  for (const name of [mine, again, `.gone-${pid}-5-00ff`, 'whole', '.other']) await mkdir(join(work.path, name));
  await removeDeadDrafts(work.path);
  expect((await readdir(work.path)).sort()).toEqual([mine, '.other', 'whole'].sort());
});

test('what is left of a cut upload goes when it is old; files and fresh parts stay', async () => {
  await using files = await mkdtempDisposable(join(tmpdir(), 'octo-parts-'));
  await mkdir(join(files.path, 'deep'));
  for (const name of ['a.zip', 'deep/a.zip.00ff.part', 'b.zip.00ff.part']) await writeFile(join(files.path, name), 'x');
  await utimes(join(files.path, 'deep/a.zip.00ff.part'), 1, 1);
  await removeOldParts(files.path, 60_000, Date.now());
  expect((await readdir(files.path, { recursive: true })).sort()).toEqual(['a.zip', 'b.zip.00ff.part', 'deep']);
});
