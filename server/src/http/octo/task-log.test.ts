import { expect, test, vi } from 'vitest';
import { onlyNews } from '../../only-news.fixture.ts';
import { claim, enqueue, line, listen, NODE, openTestServer, type TestServer } from '../plane.fixture.ts';

const a = expect.any(String);
const n = expect.any(Number);
const never = new AbortController().signal;

async function running(nodeId = NODE) {
  const server = await openTestServer();
  const { id } = await enqueue(server);
  const held = await claim(server, nodeId);
  const say = async (...texts: string[]) => {
    await server.plane.journal.append(held, { lines: texts.map((text) => line(text)) });
    server.plane.signals.publish(`task:${id}`);
  };
  return { ...server, id, held, say };
}
/** Resolves once somebody waits for news of the task. */
async function waits({ plane }: TestServer, act: () => Promise<unknown>): Promise<void> {
  const subscribe = vi.spyOn(plane.signals, 'subscribe');
  void act().catch(() => {});
  await vi.waitFor(() => expect(subscribe).toHaveBeenCalled(), { interval: 1 });
  subscribe.mockRestore();
}

test('a page holds the lines behind a number, and the number to go on from', async () => {
  const { ask, id, say } = await running();
  await say('a', 'b', 'c');
  const { body } = await ask(`/api/octo/tasks/${id}/log?after=1`);
  expect(body).toMatchObject({
    First: 2,
    Lines: [
      ['1/1', 'Info', Date.parse('2026-01-02T00:00:00Z'), 'b'],
      ['1/1', 'Info', Date.parse('2026-01-02T00:00:00Z'), 'c'],
    ],
    Next: 3,
    State: 'Executing',
    IsCompleted: false,
    IsEnd: false,
    Progress: null,
  });
});

test('a long poll wakes with the line that it waits for, and needs no look of its own', async () => {
  const server = await running();
  onlyNews(server.plane.signals);
  await server.say('before');
  const asked = server.ask(`/api/octo/tasks/${server.id}/log?after=1&waitMs=30000`);
  await waits(server, () => asked);
  await server.say('news');
  expect((await asked).body).toMatchObject({ Lines: [[a, a, n, 'news']], Next: 2 });
});

test('what another process writes is found without a signal', async () => {
  const server = await running('server-other');
  const asked = server.ask(`/api/octo/tasks/${server.id}/log?waitMs=30000`);
  await waits(server, () => asked);
  await server.plane.journal.append(server.held, { lines: [line('from elsewhere')] });
  expect((await asked).body.Lines).toMatchObject([[a, a, n, 'from elsewhere']]);
});

test('without news it answers when the time is over, and no later', async () => {
  const { ask, id } = await running();
  const before = Date.now();
  const { body } = await ask(`/api/octo/tasks/${id}/log?waitMs=60`);
  expect(Date.now() - before).toBeGreaterThanOrEqual(59);
  expect(body).toMatchObject({ Lines: [], Next: 0 });
});

test('the end comes with the last line of an ended task, and at once', async () => {
  const { ask, id, say, held, plane } = await running();
  await say('last');
  await plane.tasks.move(held, 'Success', {}, plane.clock.now());
  expect((await ask(`/api/octo/tasks/${id}/log?waitMs=30000`)).body).toMatchObject({
    Lines: [[a, a, n, 'last']],
    State: 'Success',
    IsCompleted: true,
    IsEnd: true,
  });
  expect((await ask(`/api/octo/tasks/${id}/log?after=1&waitMs=30000`)).body).toMatchObject({ Lines: [], IsEnd: true });
});

test('pages of a long log follow each other without a gap; only the last is the end', async () => {
  const { ask, id, held, plane } = await running();
  const long = Array.from({ length: 300 }, (_, i) => line(`${i} ${'x'.repeat(5_000)}`));
  await plane.journal.append(held, { lines: long });
  await plane.tasks.move(held, 'Success', {}, plane.clock.now());
  const seen: number[] = [];
  for (let after = 0, isEnd = false; !isEnd;) {
    const { body, text } = await ask(`/api/octo/tasks/${id}/log?after=${after}`);
    expect(text.length).toBeLessThan(900_000);
    seen.push(...body.Lines.map((_: unknown, nth: number) => body.First + nth));
    ({ Next: after, IsEnd: isEnd } = body);
  }
  expect(seen).toEqual(long.map((_, i) => i + 1));
});

test('progress of the running action comes along', async () => {
  const { ask, id, held, plane } = await running();
  const activity = { id: '1/1', name: 'w', state: 'Running', progress: 12.4, progressMessage: 'copying' } as const;
  await plane.journal.append(held, { activities: [activity] });
  const { body } = await ask(`/api/octo/tasks/${id}/log`);
  expect(body.Progress).toEqual({ Percentage: 12, Message: 'copying' });
});

test('a task whose node is gone is not observed; a queued one waits, which is something else', async () => {
  const { ask, id, plane, held } = await running();
  expect((await ask(`/api/octo/tasks/${id}/log`)).body.IsObserved).toBe(false); // nobody is the node of this test
  expect((await ask(`/api/octo/tasks/${id}`)).body).toMatchObject({ IsObserved: false, NodeId: NODE });
  await plane.tasks.move(held, 'Queued', {}, plane.clock.now());
  expect((await ask(`/api/octo/tasks/${id}/log`)).body.IsObserved).toBe(true);
});

test('a living node observes what it holds', async () => {
  const server = await openTestServer({ living: true });
  const { id } = await enqueue(server);
  await claim(server);
  expect((await server.ask(`/api/octo/tasks/${id}/log`)).body.IsObserved).toBe(true);
});

test('who waits is answered when the server stops; connections are cut only then', async () => {
  const server = await running();
  onlyNews(server.plane.signals); // nothing but the stop ends the wait
  const { api } = await listen(server.app);
  const asked = api.log(server.id, { after: 0, waitMs: 30_000 }, never);
  await waits(server, () => asked);
  const get = server.plane.tasks.get.bind(server.plane.tasks);
  vi.spyOn(server.plane.tasks, 'get').mockImplementation(async (id) => {
    await new Promise((soon) => setTimeout(soon, 100)); // a slow database is waited for
    return get(id);
  });
  await server.app.close();
  expect(await asked).toMatchObject({ lines: [], state: 'Executing', isEnd: false });
});

test('who goes away while waiting is forgotten', async () => {
  const server = await running();
  const { api } = await listen(server.app);
  const stop = new AbortController();
  const leave = vi.fn<() => void>();
  const subscribe = server.plane.signals.subscribe.bind(server.plane.signals);
  vi.spyOn(server.plane.signals, 'subscribe').mockImplementation((topic) => {
    const it = subscribe(topic);
    return {
      next: (_limitMs, signal) => it.next(3_600_000, signal), // nothing but the going ends it
      [Symbol.dispose]() {
        it[Symbol.dispose]();
        leave();
      },
    };
  });
  await waits(server, () => api.log(server.id, { after: 0, waitMs: 30_000 }, stop.signal));
  stop.abort();
  await vi.waitFor(() => expect(leave).toHaveBeenCalledOnce());
  await server.app.close(); // and nobody waits for it
});

test.each(['after=-1', 'waitMs=soon'])('%s is refused', async (query) => {
  const { ask, id } = await running();
  expect((await ask(`/api/octo/tasks/${id}/log?${query}`)).status).toBe(400);
});
