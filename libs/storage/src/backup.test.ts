import { textBytes } from '@octo/testkit';
import { existsSync } from 'node:fs';
import { copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { backUp, restore } from './backup.ts';
import { AT, request, tempFolder } from './storage.fixture.ts';
import { openStorage, type Storage } from './storage.ts';
import { bringUpToDate, inspectSchema } from './upkeep.ts';

async function folder(): Promise<string> {
  const it = await tempFolder();
  onTestFinished(() => it[Symbol.asyncDispose]());
  return it.dir;
}
async function taskWithArtifact(s: Storage) {
  await s.tasks.enqueue('Spaces-1', request, { nowMs: 1 });
  const { claim } = (await s.tasks.claimNext({ nodeId: 'n1', onlyOwn: false }, AT))!;
  await s.journal.append(claim, {
    lines: [{ activityId: '', category: 'Info', atMs: 1, text: 'before' }],
    artifacts: [{ action: 1, name: 'r', path: '/r' }],
  });
  const [artifact] = await s.journal.artifacts(claim.taskId);
  await s.artifacts.put(claim, artifact!.id, textBytes('bytes'), AbortSignal.timeout(5_000));
  return { claim, artifactId: artifact!.id };
}

test('a backup of a folder at work is a data folder itself, and is restored into a fresh one', async () => {
  const [dataDir, place] = [await folder(), await folder()];
  await using s = await openStorage({ dataDir });
  const { claim, artifactId } = await taskWithArtifact(s);
  let isOver = false;
  const writing = (async () => {
    while (!isOver)
      await s.journal.append(claim, { lines: [{ activityId: '', category: 'Info', atMs: 1, text: 'x'.repeat(999) }] });
  })();
  const backup = join(place, 'backup');
  await backUp({ dataDir, folder: backup, withKey: false });
  isOver = true;
  await writing;
  expect(existsSync(join(backup, 'master.key'))).toBe(false);
  expect((await stat(join(backup, 'octo.db'))).mode & 0o777).toBe(0o600);
  const restored = join(place, 'restored');
  await restore({ dataDir: restored, folder: backup });
  await expect(openStorage({ dataDir: restored })).rejects.toMatchObject({ code: 'OCTO_STORAGE_KEY_MISSING' });
  await copyFile(join(dataDir, 'master.key'), join(restored, 'master.key'));
  await using other = await openStorage({ dataDir: restored });
  expect(await other.tasks.request(claim.taskId)).toEqual(request);
  expect((await other.journal.read(claim.taskId, 0, 100))[0]?.text).toBe('before');
  expect((await other.artifacts.get(artifactId))?.artifact.sizeBytes).toBe(5);
});

test('with the key a backup can be opened where it is; nothing is written over', async () => {
  const [dataDir, place] = [await folder(), await folder()];
  await using _ = await openStorage({ dataDir });
  const backup = join(place, 'backup');
  await backUp({ dataDir, folder: backup, withKey: true });
  await using __ = await openStorage({ dataDir: backup, readOnly: true });
  await expect(backUp({ dataDir, folder: backup, withKey: true })).rejects.toMatchObject({
    code: 'OCTO_STORAGE_FOLDER',
  });
  await expect(restore({ dataDir, folder: backup })).rejects.toMatchObject({ code: 'OCTO_STORAGE_NOT_EMPTY' });
  await expect(restore({ dataDir: place, folder: dataDir + 'x' })).rejects.toMatchObject({
    code: 'OCTO_STORAGE_ABSENT',
  });
});

test('to look how far a schema is changes nothing; to bring it up to date needs no key', async () => {
  const dataDir = await folder();
  await expect(inspectSchema({ dataDir })).rejects.toMatchObject({ code: 'OCTO_STORAGE_ABSENT' });
  expect((await bringUpToDate({ dataDir })).found).toBe(0);
  expect(existsSync(join(dataDir, 'master.key'))).toBe(false);
  const { found, known } = await inspectSchema({ dataDir });
  expect(found).toBe(known);
});
