import Sqlite from 'better-sqlite3';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HELD } from './claims.ts';
import { AT, request, tempFolder } from './storage.fixture.ts';
import { openStorage } from './storage.ts';

async function files(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
/** A folder with a database, closed again. */
async function used() {
  const folder = await tempFolder();
  await (await openStorage({ dataDir: folder.dir }))[Symbol.asyncDispose]();
  return folder;
}

test('nothing sensitive stands in the files in clear, and nobody else may read them (R243)', async () => {
  await using folder = await tempFolder();
  await chmod(folder.dir, 0o755);
  await using s = await openStorage({ dataDir: folder.dir });
  await s.tasks.enqueue('Spaces-1', request, { nowMs: 1 });
  const taken = await s.tasks.claimNext({ nodeId: 'n', onlyOwn: false }, AT);
  const key = { taskId: taken!.task.id, action: 1, attempt: 1, key: '1' };
  await s.journal.append(taken!.claim, {
    outputs: [{ action: 1, actionName: 'a', name: 'o', value: 'planted-in-an-output', sensitive: true }],
    masks: ['planted-in-a-mask'],
    runs: [
      {
        ...key,
        kind: 'run',
        digest: 'd',
        state: 'prepared',
        ticket: 't',
        workerId: 'w',
        workerName: 'w',
        style: 'None',
        endpoint: { password: 'planted-in-an-endpoint' },
        cursor: '',
        parser: 'planted-in-a-parser',
        result: 'planted-in-a-result',
      },
    ],
  });
  await s.hold('n');
  const found = await files(folder.dir);
  expect(found).toContain(join(folder.dir, 'octo.db-wal')); // what was just written stands there first
  for (const file of found) expect((await readFile(file)).includes('planted-in')).toBe(false);
  const modes = await Promise.all(found.map(async (file) => [file, ((await stat(file)).mode & 0o077).toString(8)]));
  expect(modes.filter(([, mode]) => mode !== '0')).toEqual([]);
});

test('the folder is made for its owner alone', async () => {
  await using folder = await tempFolder();
  const dataDir = join(folder.dir, 'deep', 'data');
  await using s = await openStorage({ dataDir });
  expect(s.installationId).toMatch(/^[0-9a-f-]{36}$/);
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
});

test('a folder that cannot be made is named', async () => {
  await using folder = await tempFolder();
  const file = join(folder.dir, 'file');
  await writeFile(file, '');
  await expect(openStorage({ dataDir: join(file, 'data') })).rejects.toMatchObject({ code: 'OCTO_STORAGE_FOLDER' });
});

test('another master key is refused at the door, with the cure', async () => {
  await using folder = await used();
  const masterKey = Buffer.alloc(32, 7).toString('base64');
  await expect(openStorage({ dataDir: folder.dir, masterKey })).rejects.toMatchObject({
    code: 'OCTO_STORAGE_KEY',
    hint: expect.stringContaining('master.key'),
  });
  await expect(openStorage({ dataDir: folder.dir, masterKey: 'c2hvcnQ=' })).rejects.toMatchObject({
    code: 'OCTO_STORAGE_KEY_FORM',
  });
});

test('a master key from outside leaves none in the folder', async () => {
  await using folder = await tempFolder();
  const masterKey = Buffer.alloc(32, 7).toString('base64');
  for (let n = 0; n < 2; n++) await (await openStorage({ dataDir: folder.dir, masterKey }))[Symbol.asyncDispose]();
  expect(await files(folder.dir)).not.toContain(join(folder.dir, 'master.key'));
});

test('a lost master key is not replaced by a new one', async () => {
  await using folder = await used();
  await rm(join(folder.dir, 'master.key'));
  await expect(openStorage({ dataDir: folder.dir })).rejects.toMatchObject({ code: 'OCTO_STORAGE_KEY_MISSING' });
  expect(await files(folder.dir)).not.toContain(join(folder.dir, 'master.key'));
});

test('a database of a newer octo is left alone', async () => {
  await using folder = await used();
  const db = new Sqlite(join(folder.dir, 'octo.db'));
  db.exec('insert into schema_version values (999)');
  db.close();
  for (const readOnly of [false, true])
    await expect(openStorage({ dataDir: folder.dir, readOnly })).rejects.toMatchObject({ code: 'OCTO_STORAGE_NEWER' });
});

test('a database that is none is called damaged, and left as it was', async () => {
  await using folder = await tempFolder();
  const file = join(folder.dir, 'octo.db');
  await writeFile(file, 'not a database '.repeat(100));
  await expect(openStorage({ dataDir: folder.dir })).rejects.toMatchObject({ code: 'OCTO_STORAGE_DAMAGED' });
  expect((await readFile(file, 'utf8')).startsWith('not a database')).toBe(true);
});

test('to look only makes nothing', async () => {
  await using folder = await tempFolder();
  const empty = join(folder.dir, 'empty');
  await mkdir(empty);
  for (const dataDir of [join(folder.dir, 'missing'), empty])
    await expect(openStorage({ dataDir, readOnly: true })).rejects.toMatchObject({ code: 'OCTO_STORAGE_ABSENT' });
  expect(await files(folder.dir)).toEqual([]);
});

test('to look only sees what others write, and cannot write', async () => {
  await using folder = await used();
  await using writer = await openStorage({ dataDir: folder.dir });
  await using reader = await openStorage({ dataDir: folder.dir, readOnly: true });
  const task = await writer.tasks.enqueue('Spaces-1', request, { nowMs: 1 });
  expect(await reader.tasks.get(task.id)).toEqual(task);
  expect(await reader.tasks.request(task.id)).toEqual(request);
  await expect(reader.tasks.requestCancel(task.id, 2)).rejects.toMatchObject({ code: 'OCTO_STORAGE_READ_ONLY' });
  expect((await writer.tasks.get(task.id))?.state).toBe('Queued');
});

test('claims are found by the index of what is held, however many tasks have ended', async () => {
  await using folder = await used();
  const db = new Sqlite(join(folder.dir, 'octo.db'));
  const plan = db.prepare(`explain query plan update task set claim_until_ms = 1 where claim_node = 'n' and ${HELD}`);
  expect(plan.all()).toMatchObject([{ detail: 'SEARCH task USING INDEX task_held (claim_node=?)' }]);
  db.close();
});
