import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '@octo/plane';
import { rotateKey } from './rotate-key.ts';
import { AT, request, tempFolder } from './storage.fixture.ts';
import { openStorage } from './storage.ts';

const key = async (dir: string) => readFile(join(dir, 'master.key'), 'utf8');

/** A folder with every kind of sealed value in it; `look` opens all of them. */
async function used() {
  const folder = await tempFolder();
  await using s = await openStorage({ dataDir: folder.dir });
  const task = await s.tasks.enqueue('Spaces-1', request, { nowMs: 1 });
  const { claim } = (await s.tasks.claimNext({ nodeId: 'n', onlyOwn: false }, AT))!;
  await s.journal.append(claim, {
    outputs: [{ action: 1, actionName: 'a', name: 'o', value: 'out', sensitive: true }],
    masks: ['mask'],
    runs: [
      {
        taskId: task.id,
        action: 1,
        attempt: 1,
        key: '1',
        kind: 'run',
        digest: 'd',
        state: 'prepared',
        ticket: 't',
        workerId: 'w',
        workerName: 'w',
        style: 'None',
        endpoint: { secret: 'e' },
        cursor: '',
      },
    ],
  });
  const document = { kind: 'accounts', prefix: 'Accounts', spaceId: 'Spaces-1', name: 'a', slug: '', members: {} };
  const event = {
    spaceId: null,
    category: 'c',
    actor: SYSTEM_ACTOR,
    atMs: 1,
    message: '',
    documentType: '',
    documentIds: [],
    differences: [],
  };
  const { id } = await s.documents.add({ ...document, secrets: { Token: 'secret' } }, () => event);
  const look = async (masterKey?: string) => {
    await using again = await openStorage({ dataDir: folder.dir, ...(masterKey !== undefined && { masterKey }) });
    return [
      await again.tasks.request(task.id),
      (await again.journal.outputs(task.id)).map((it) => it.value),
      await again.journal.masks(task.id),
      (await again.journal.runs(task.id)).map((it) => it.endpoint),
      await again.documents.secretsOf('accounts', id),
    ];
  };
  return { ...folder, look };
}

test('a rotation seals everything anew; the old key opens nothing any more', async () => {
  await using folder = await used();
  const before = await folder.look();
  const old = await key(folder.dir);
  expect(await rotateKey({ dataDir: folder.dir })).toEqual({ resealed: 5 });
  expect(await key(folder.dir)).not.toBe(old);
  expect((await stat(join(folder.dir, 'master.key'))).mode & 0o777).toBe(0o600);
  expect(await folder.look()).toEqual(before);
  await expect(folder.look(old)).rejects.toMatchObject({ code: 'OCTO_STORAGE_KEY' });
});

test('one that dies behind its commit is ended by the next open; before it, nothing has happened', async () => {
  await using folder = await used();
  const before = await folder.look();
  const old = await key(folder.dir);
  await rotateKey({ dataDir: folder.dir });
  await rename(join(folder.dir, 'master.key'), join(folder.dir, 'master.key.next')); // as right behind the commit
  await writeFile(join(folder.dir, 'master.key'), old);
  expect(await folder.look()).toEqual(before);
  expect(existsSync(join(folder.dir, 'master.key.next'))).toBe(false);
  const now = await key(folder.dir);
  await writeFile(join(folder.dir, 'master.key.next'), old); // as right before the commit
  expect(await folder.look()).toEqual(before);
  expect(await key(folder.dir)).toBe(now);
  await rotateKey({ dataDir: folder.dir });
  expect(await folder.look()).toEqual(before);
});

test('a key from outside is handed in; nothing is written beside the database', async () => {
  await using folder = await tempFolder();
  const [one, two] = [1, 2].map((n) => Buffer.alloc(32, n).toString('base64'));
  await (await openStorage({ dataDir: folder.dir, masterKey: one! }))[Symbol.asyncDispose]();
  await rotateKey({ dataDir: folder.dir, masterKey: one!, newKey: two! });
  await expect(openStorage({ dataDir: folder.dir, masterKey: one! })).rejects.toMatchObject({
    code: 'OCTO_STORAGE_KEY',
  });
  await (await openStorage({ dataDir: folder.dir, masterKey: two! }))[Symbol.asyncDispose]();
  expect(existsSync(join(folder.dir, 'master.key'))).toBe(false);
  await expect(rotateKey({ dataDir: folder.dir, masterKey: two!, newKey: 'short' })).rejects.toMatchObject({
    code: 'OCTO_STORAGE_KEY_FORM',
  });
});

test('it is refused while a node lives: that would go on with the old key', async () => {
  await using folder = await used();
  await using s = await openStorage({ dataDir: folder.dir });
  await s.hold('n1');
  await s.nodes.register({ id: 'n1', name: 'one', kind: 'server', taskCap: 1, startedAtMs: 1, lastSeenMs: 1 });
  await expect(rotateKey({ dataDir: folder.dir })).rejects.toMatchObject({ code: 'OCTO_STORAGE_IN_USE' });
});
