import { directApi, type OctoApi } from '@octo/api';
import { expect, test } from 'vitest';
import { inject } from '../inject.ts';
import { claim, enqueue, KEY, line, listen, NODE, openTestServer, type TestServer } from './plane.fixture.ts';

const never = new AbortController().signal;
const action = { name: 'a', type: 'Octopus.Script', properties: { 'Octopus.Action.Script.ScriptBody': 'echo' } };

const ways: readonly (readonly [string, (server: TestServer) => Promise<OctoApi>])[] = [
  ['over HTTP', async ({ app }) => (await listen(app)).api],
  [
    'in-process',
    async ({ app }) => directApi((request, headers, signal) => inject(app, request, headers, signal), KEY),
  ],
];

test.each(ways)('every call of the client is answered by a route, %s', async (_, open) => {
  const server = await openTestServer({ living: true });
  const api = await open(server);
  expect((await api.root(never)).octoVersion).toMatch(/^\d+\.\d+\.\d+/);
  expect(await api.spaces(never)).toMatchObject([{ id: 'Spaces-1', isDefault: true }]);
  const task = await api.run({ actions: [action], description: 'Do it' }, never);
  expect((await api.tasks({ states: ['Queued'], take: 5 }, never)).items).toMatchObject([{ id: task.id }]);
  const held = await claim(server);
  await server.plane.journal.append(held, { lines: [line('grüße')], artifacts: [{ action: 1, name: 'r', path: 'r' }] });
  const insight = await api.task(task.id, never);
  expect(insight).toMatchObject({ task: { id: task.id, description: 'Do it' }, nodeId: NODE, isObserved: true });
  const page = await api.log(task.id, { after: 0, waitMs: 0 }, never);
  expect(page.lines.map((l) => l.text)).toContain('grüße');
  expect(await wholeOf(api.rawLog(task.id, never))).toContain('grüße\n');
  expect((await api.cancel(task.id, never)).state).toBe('Cancelling');
  const [pool] = await api.pools(never);
  expect((await api.pool(pool?.name ?? '', never)).canAddWorkers).toBe(true);
  expect(await api.workers({ pool: 'WorkerPools-1' }, never)).toEqual([]);
  await expect(api.worker('w1', never)).rejects.toMatchObject({ code: 'OCTO_WORKER_NOT_FOUND' });
  expect(await api.builtInWorkers(never)).toMatchObject([{ nodeId: NODE, isUsed: true }]);
  expect(await api.nodes(never)).toMatchObject([{ id: NODE, isAlive: true }]);
  expect((await api.setTaskCap(NODE, 0, never)).taskCap).toBe(0);
  expect((await api.plugins(never)).flatMap((p) => p.brings)).toContain('step Octopus.Script');
  const off = { isBuiltInWorkerEnabled: false, artifactKeepDays: 30 };
  expect(await api.setSettings({ isBuiltInWorkerEnabled: false }, never)).toEqual(off);
  expect(await api.setSettings({ isBuiltInWorkerEnabled: false, artifactKeepDays: 0 }, never)).toEqual({
    ...off,
    artifactKeepDays: 0,
  });
  expect(await api.settings(never)).toMatchObject({ artifactKeepDays: 0 });
  const bytes = new TextEncoder().encode('result');
  const content = {
    sizeBytes: bytes.length,
    async *open() {
      yield bytes;
    },
  };
  await server.plane.artifacts.put(held, 'Artifacts-1', content, never);
  const chunks: Uint8Array[] = [];
  for await (const chunk of api.artifact('Artifacts-1', never)) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe('result');
});

test.each(ways)('errors keep code and hint, %s', async (_, open) => {
  const api = await open(await openTestServer());
  const run = api.run({ actions: [{ ...action, type: 'Acme.None' }] }, never);
  await expect(run).rejects.toMatchObject({
    kind: 'InputError',
    code: 'OCTO_STEP_TYPE',
    hint: expect.stringContaining('Octopus.Script') as string,
  });
  await expect(api.task('ServerTasks-9', never)).rejects.toMatchObject({ kind: 'NotFoundError' });
});

test.each(ways)("a caller's abort ends a long poll at once, %s", async (_, open) => {
  const server = await openTestServer();
  const { id } = await enqueue(server);
  const api = await open(server);
  const stop = new AbortController();
  const asked = api.log(id, { after: 0, waitMs: 30_000 }, stop.signal);
  setImmediate(() => stop.abort(new Error('the user left')));
  await expect(asked).rejects.toThrow('the user left');
});

async function wholeOf(pieces: AsyncIterable<string>): Promise<string> {
  let whole = '';
  for await (const piece of pieces) whole += piece;
  return whole;
}
