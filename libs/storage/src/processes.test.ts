import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { request, startChild, tempFolder } from './storage.fixture.ts';
import { openStorage, type Storage } from './storage.ts';

async function allTexts(s: Storage, taskId: string): Promise<readonly string[]> {
  const texts: string[] = [];
  for (;;) {
    const page = await s.journal.read(taskId, texts.length, 50_000);
    if (page.length === 0) return texts;
    texts.push(...page.map((line) => line.text));
  }
}

test('processes that open a fresh folder at once agree on what it is', async () => {
  for (let round = 0; round < 2; round++) {
    await using folder = await tempFolder();
    const code = `console.log(s.installationId, (await s.pools.list('Spaces-1')).length); await s[Symbol.asyncDispose]();`;
    const children = Array.from({ length: 3 }, () => startChild(folder.dir, code));
    const ends = await Promise.all(children.map((child) => child.end()));
    expect(ends.map(([exitCode]) => exitCode)).toEqual([0, 0, 0]);
    expect(new Set(ends.map(([, output]) => output)).size).toBe(1);
    expect(ends[0]![1]).toMatch(/^[0-9a-f-]{36} 1\n$/);
    expect((await readdir(folder.dir)).filter((name) => name.startsWith('master.key'))).toEqual(['master.key']);
  }
});

test('of several processes each takes its own tasks, and none is taken twice (R229)', async () => {
  await using folder = await tempFolder();
  await using s = await openStorage({ dataDir: folder.dir });
  await Promise.all(Array.from({ length: 600 }, () => s.tasks.enqueue('Spaces-1', request, { nowMs: 1 })));
  const children = ['a', 'b', 'c'].map((nodeId) =>
    startChild(
      folder.dir,
      `for (;;) {
         const taken = await s.tasks.claimNext({ nodeId: '${nodeId}', onlyOwn: false }, AT);
         if (!taken) break;
         console.log(taken.task.id);
       }
       await s[Symbol.asyncDispose]();`,
    ),
  );
  const ends = await Promise.all(children.map((child) => child.end()));
  const taken = ends.flatMap(([, output]) => output.split('\n').filter((id) => id !== '')); // one that came late took none
  expect(taken).toHaveLength(600);
  expect(new Set(taken).size).toBe(600);
});

test('kill -9 of a writer, again and again, leaves a log without gaps and a cursor that says how far it goes', async () => {
  await using folder = await tempFolder();
  await using s = await openStorage({ dataDir: folder.dir });
  const { id } = await s.tasks.enqueue('Spaces-1', request, { nowMs: 1 });
  const code = `
    const [taken] = await s.tasks.adopt('n', 'n', AT);
    const { claim } = taken ?? (await s.tasks.claimNext({ nodeId: 'n', onlyOwn: false }, AT));
    const key = { taskId: claim.taskId, action: 1, attempt: 1, key: '1' };
    const whole = { ...key, kind: 'run', digest: 'd', state: 'prepared', ticket: 't', workerId: 'w', workerName: 'w', style: 'None', endpoint: {}, cursor: '' };
    const { lastSeq } = await s.journal.size(claim.taskId);
    if (lastSeq === 0) await s.journal.append(claim, { runs: [whole] });
    for (let n = lastSeq; ; ) {
      const lines = Array.from({ length: 1 + (n % 7) }, (_, i) => ({ activityId: '', category: 'Info', atMs: 1, text: String(n + i + 1) }));
      n += lines.length;
      await s.journal.append(claim, { lines, runs: [{ ...key, cursor: String(n) }] });
      console.log(n);
    }`;
  for (let round = 0; round < 5; round++) {
    await using child = startChild(folder.dir, code);
    let seen = 0;
    for (let n = 0; n < 20 + round * 13; n++) seen = Number(await child.line());
    await child.kill();
    const { lastSeq } = await s.journal.size(id);
    const [run] = await s.journal.runs(id);
    expect(lastSeq).toBeGreaterThanOrEqual(seen); // what was answered is there
    expect(Number(run?.cursor)).toBe(lastSeq);
    expect(await allTexts(s, id)).toEqual(Array.from({ length: lastSeq }, (_, n) => String(n + 1)));
  }
});

test('kill -9 of a node frees its lock', async () => {
  await using folder = await tempFolder();
  await using child = startChild(folder.dir, `await s.hold('n1'); console.log('held'); setInterval(() => {}, 1000);`);
  expect(await child.line()).toBe('held');
  await using s = await openStorage({ dataDir: folder.dir });
  expect(await s.liveness.isDead('n1')).toBe(false);
  await expect(s.hold('n1')).rejects.toMatchObject({ code: 'OCTO_STORAGE_NODE_HELD' });
  await child.kill();
  expect(await s.liveness.isDead('n1')).toBe(true);
  await s.hold('n1');
});
