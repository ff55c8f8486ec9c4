import { storageContract } from '@octo/testkit/storage-contract';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStorage } from './storage.ts';

async function tempFolder(): Promise<AsyncDisposable & { dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'octo-storage-'));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }) };
}

storageContract('SQLite', async () => {
  const folder = await tempFolder();
  return {
    open: () => openStorage({ dataDir: folder.dir }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});

const request = {
  name: 'AdHocScript',
  description: 'd',
  actions: [{ name: 'a', type: 'Octopus.Script', properties: { Body: 'planted-in-the-body' } }],
  variables: [{ name: 'P', value: 'planted-in-a-variable', sensitive: true }],
};
const AT = { nowMs: 1, untilMs: 2 };

/** A process of its own on the same folder. */
function program(dir: string, body: string): string {
  return `
    import { openStorage } from ${JSON.stringify(new URL('./storage.ts', import.meta.url).href)};
    const s = await openStorage({ dataDir: ${JSON.stringify(dir)} });
    ${body}`;
}
function start(code: string, flags: readonly string[] = []) {
  const args = [...flags, '--conditions=octo-source', '--input-type=module', '-e', code];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

describe('on disk', () => {
  test('nothing sensitive stands in the files in clear (R243)', async () => {
    await using folder = await tempFolder();
    {
      await using s = await openStorage({ dataDir: folder.dir });
      await s.tasks.enqueue('Spaces-1', request, { nowMs: 1 });
      const taken = await s.tasks.claimNext({ nodeId: 'n', onlyOwn: false }, AT);
      const output = { action: 1, actionName: 'a', name: 'o', value: 'planted-in-an-output', sensitive: true };
      await s.journal.append(taken!.claim, { outputs: [output], masks: ['planted-in-a-mask'] });
      for (const file of await readdir(folder.dir, { recursive: true, withFileTypes: true })) {
        if (!file.isFile()) continue;
        expect((await readFile(join(file.parentPath, file.name))).includes('planted-in')).toBe(false);
      }
    }
    const modes = await Promise.all(
      ['octo.db', 'master.key'].map(async (f) => (await stat(join(folder.dir, f))).mode & 0o077),
    );
    expect(modes).toEqual([0, 0]);
  });

  test('another master key is refused at the door, with the cure', async () => {
    await using folder = await tempFolder();
    await (await openStorage({ dataDir: folder.dir }))[Symbol.asyncDispose]();
    const masterKey = Buffer.alloc(32, 7).toString('base64');
    await expect(openStorage({ dataDir: folder.dir, masterKey })).rejects.toMatchObject({ code: 'OCTO_STORAGE_KEY' });
    await expect(openStorage({ dataDir: folder.dir, masterKey: 'c2hvcnQ=' })).rejects.toMatchObject({
      code: 'OCTO_STORAGE_KEY_FORM',
    });
  });

  test('a database of a newer octo is left alone', async () => {
    await using folder = await tempFolder();
    await (await openStorage({ dataDir: folder.dir }))[Symbol.asyncDispose]();
    const { default: Sqlite } = await import('better-sqlite3');
    const db = new Sqlite(join(folder.dir, 'octo.db'));
    db.exec('insert into schema_version values (999)');
    db.close();
    await expect(openStorage({ dataDir: folder.dir })).rejects.toMatchObject({ code: 'OCTO_STORAGE_NEWER' });
  });

  test('two that open a fresh folder at once are both right', async () => {
    await using folder = await tempFolder();
    const both = await Promise.all([openStorage({ dataDir: folder.dir }), openStorage({ dataDir: folder.dir })]);
    expect(both[0].installationId).toBe(both[1].installationId);
    for (const s of both) await s[Symbol.asyncDispose]();
  });
});

describe('kill -9', () => {
  test('of a writer leaves a log without gaps, and a cursor that says how far it goes', async () => {
    await using folder = await tempFolder();
    const child = start(
      program(
        folder.dir,
        `await s.tasks.enqueue('Spaces-1', ${JSON.stringify(request)}, { nowMs: 1 });
         const { claim } = await s.tasks.claimNext({ nodeId: 'n', onlyOwn: false }, { nowMs: 1, untilMs: 2 });
         const key = { taskId: claim.taskId, action: 1, attempt: 1, key: '1' };
         const whole = { ...key, kind: 'run', digest: 'd', state: 'prepared', ticket: 't', workerId: 'w', workerName: 'w', style: 'None', endpoint: {}, cursor: '' };
         await s.journal.append(claim, { runs: [whole] });
         for (let n = 1; ; n += 3) {
           const lines = [n, n + 1, n + 2].map((i) => ({ activityId: '', category: 'Info', atMs: 1, text: String(i) }));
           await s.journal.append(claim, { lines, runs: [{ ...key, cursor: String(n + 2) }] });
           if (n === 301) console.log('going');
         }`,
      ),
    );
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await using s = await openStorage({ dataDir: folder.dir });
    const [run] = await s.journal.runs('ServerTasks-1');
    const { lastSeq } = await s.journal.size('ServerTasks-1');
    expect(Number(run?.cursor)).toBe(lastSeq);
    const seen: string[] = [];
    for (let page = await s.journal.read('ServerTasks-1', 0, 50_000); page.length > 0;) {
      seen.push(...page.map((l) => l.text));
      page = await s.journal.read('ServerTasks-1', seen.length, 50_000);
    }
    expect(seen).toEqual(Array.from({ length: lastSeq }, (_, n) => String(n + 1)));
  });

  test('of a node frees its lock', async () => {
    await using folder = await tempFolder();
    const child = start(program(folder.dir, `await s.hold('n1'); console.log('held'); setInterval(() => {}, 1000);`));
    await once(child.stdout, 'data');
    await using s = await openStorage({ dataDir: folder.dir });
    expect(await s.liveness.isDead('n1')).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await s.liveness.isDead('n1')).toBe(true);
    await s.hold('n1');
  });
});

test('two hundred megabytes of log pass through a heap of 80', { timeout: 60_000 }, async () => {
  await using folder = await tempFolder();
  const code = program(
    folder.dir,
    `await s.tasks.enqueue('Spaces-1', ${JSON.stringify(request)}, { nowMs: 1 });
     const { claim } = await s.tasks.claimNext({ nodeId: 'n', onlyOwn: false }, { nowMs: 1, untilMs: 2 });
     const text = 'x'.repeat(1000);
     const lines = Array.from({ length: 250 }, () => ({ activityId: '1/1', category: 'Info', atMs: 1, text }));
     for (let written = 0; written < 200_000; written += lines.length) await s.journal.append(claim, { lines });
     let read = 0;
     for (let after = 0; ; ) {
       const page = await s.journal.read(claim.taskId, after, 512 * 1024);
       if (page.length === 0) break;
       read += page.length;
       after = page.at(-1).seq;
     }
     console.log(read);
     await s[Symbol.asyncDispose]();`,
  );
  const child = start(code, ['--max-old-space-size=80']);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as [number];
  expect([exitCode, output]).toEqual([0, '200000\n']);
});
