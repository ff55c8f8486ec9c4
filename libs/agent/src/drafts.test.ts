import { spawnSync } from 'node:child_process';
import { mkdtempDisposable, mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { draftName, removeDeadDrafts } from './drafts.ts';

test('drafts of processes that are gone are deleted; those of living ones and whole workspaces stay', async () => {
  await using work = await mkdtempDisposable(join(tmpdir(), 'octo-drafts-'));
  const { pid } = spawnSync('true');
  const mine = draftName('mine');
  const again = `.again-${process.pid}-1-00ff`; // the pid came again
  for (const name of [mine, again, `.gone-${pid}-5-00ff`, 'whole', '.other']) await mkdir(join(work.path, name));
  await removeDeadDrafts(work.path);
  expect((await readdir(work.path)).sort()).toEqual([mine, '.other', 'whole'].sort());
});
