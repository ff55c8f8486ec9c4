import { startPostgres } from '@octo/testkit/postgres-server';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { installPostgres } from './postgres.fixture.ts';
import { AT, request, startChild } from './storage.fixture.ts';
import { openStorage, type Storage } from './storage.ts';

const server = await startPostgres();
afterAll(() => server?.[Symbol.asyncDispose]());

async function install() {
  const it = await installPostgres(server!);
  onTestFinished(() => it[Symbol.asyncDispose]());
  return it.options;
}
const enqueue = (s: Storage) => s.tasks.enqueue('Spaces-1', request, { nowMs: 1 });
const TAKE_ALL = `
  console.log('ready');
  await new Promise((go) => process.stdin.once('data', go));
  const ids = [];
  for (let t; (t = await s.tasks.claimNext({ nodeId: 'n' + process.pid, onlyOwn: false }, AT)); ) ids.push(t.task.id);
  console.log(ids.join(' '));
  await s[Symbol.asyncDispose]();
  process.exit();`;

describe.runIf(server)('processes on one PostgreSQL', () => {
  test('several that begin at once on a fresh database agree on what it is', async () => {
    const options = await install();
    const opened = await Promise.all(Array.from({ length: 6 }, () => openStorage(options)));
    onTestFinished(async () => void (await Promise.all(opened.map((s) => s[Symbol.asyncDispose]()))));
    expect(new Set(opened.map((s) => s.installationId)).size).toBe(1);
    expect(await opened[0]!.spaces.list()).toHaveLength(1);
  });

  test('each takes its own tasks, none is taken twice (R229)', async () => {
    const options = await install();
    await using s = await openStorage(options);
    await Promise.all(Array.from({ length: 200 }, () => enqueue(s)));
    const children = [startChild(options, TAKE_ALL), startChild(options, TAKE_ALL)];
    await Promise.all(children.map((child) => child.line()));
    for (const child of children) child.say('go');
    const taken = await Promise.all(children.map(async (child) => (await child.line()).split(' ').filter(Boolean)));
    expect(taken.flat()).toHaveLength(200);
    expect(new Set(taken.flat()).size).toBe(200);
    expect(taken.every((ids) => ids.length > 0)).toBe(true);
    expect(await s.tasks.counts()).toEqual({ Executing: 200 });
  });

  test('tasks that many move to and fro at once are counted right, and nobody is kept forever', async () => {
    const options = await install();
    const all = await Promise.all(Array.from({ length: 4 }, () => openStorage(options)));
    onTestFinished(async () => void (await Promise.all(all.map((s) => s[Symbol.asyncDispose]()))));
    const work = async (s: Storage, nodeId: string) => {
      for (let n = 0; n < 10; n++) {
        await Promise.all(Array.from({ length: 5 }, () => enqueue(s)));
        const taken = await Promise.all(
          Array.from({ length: 4 }, () => s.tasks.claimNext({ nodeId, onlyOwn: false }, AT)),
        );
        await Promise.all(
          taken.map(async (t, i) => t && (await s.tasks.move(t.claim, i % 2 ? 'Success' : 'Failed', {}, 5))),
        );
      }
    };
    await Promise.all(all.map((s, n) => work(s, `n${n}`)));
    const { items, total } = await all[0]!.tasks.list({ skip: 0, take: 500 });
    const counted = Object.fromEntries(
      [...Map.groupBy(items, (task) => task.state)].map(([state, tasks]) => [state, tasks.length]),
    );
    expect([total, items.length]).toEqual([200, 200]);
    expect(await all[0]!.tasks.counts()).toEqual(counted);
  });

  test('of two workers and two default pools that are added at once the rules hold', async () => {
    const options = await install();
    await using a = await openStorage(options);
    await using b = await openStorage(options);
    const pool = {
      spaceId: 'Spaces-1',
      name: 'P',
      slug: '',
      description: '',
      isDefault: true,
      details: {},
      sortOrder: 1,
    };
    for (let n = 0; n < 5; n++) {
      const same = { ...pool, name: `same ${n}` };
      const added = await Promise.allSettled([a.pools.add(same), b.pools.add(same)]);
      expect(added.map((r) => (r.status === 'rejected' ? (r.reason as { code: string }).code : '')).toSorted()).toEqual(
        ['', 'OCTO_POOL_NAME_TAKEN'],
      );
      await Promise.all([a.pools.add({ ...pool, name: `a ${n}` }), b.pools.add({ ...pool, name: `b ${n}` })]);
      expect((await a.pools.list('Spaces-1')).filter((p) => p.isDefault)).toHaveLength(1);
    }
  });

  test('what one enqueues, cancels or gives back wakes the others, and not itself', async () => {
    const options = await install();
    await using here = await openStorage(options);
    await using there = await openStorage(options);
    const woken = { here: [] as string[], there: [] as string[] };
    const topics = ['queue', 'cancel', 'leases'];
    await here.news.hear(topics, (topic) => woken.here.push(topic));
    await there.news.hear(topics, (topic) => woken.there.push(topic));
    woken.here.length = woken.there.length = 0; // at the beginning all are woken once
    const { id } = await enqueue(here);
    await expect.poll(() => woken.there, { interval: 1 }).toEqual(['queue']); // nobody there looks by himself
    await here.tasks.requestCancel(id, 5);
    await expect.poll(() => woken.there, { interval: 1 }).toEqual(['queue', 'cancel']);
    expect(woken.here).toEqual([]);
  });

  test('kill -9 of a node frees its hold at once', async () => {
    const options = await install();
    await using s = await openStorage(options);
    await using child = startChild(options, `await s.hold('n1'); console.log('held'); setInterval(() => {}, 1e3);`);
    await child.line();
    expect(await s.liveness.isDead('n1')).toBe(false);
    await child.kill();
    await expect.poll(() => s.liveness.isDead('n1'), { timeout: 3_000 }).toBe(true);
  });

  test('numbers beyond those of any row, and the character 0, are no failure', async () => {
    await using s = await openStorage(await install());
    expect(await s.tasks.get('ServerTasks-999999999999999')).toBeUndefined();
    const { id } = await s.tasks.enqueue('Spaces-1', { ...request, description: 'a\0b' }, { nowMs: 1 });
    expect((await s.tasks.get(id))?.description).toBe('a\ufffdb');
    expect((await s.tasks.request(id)).description).toBe('a\0b');
  });
});
