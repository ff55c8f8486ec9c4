import { eventually, isRunning } from '@octo/testkit';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { add, check, openHealthServer, openHealthServerOn, type Server, type Wire } from './health.fixture.ts';

const HASTY = { taskCap: 5, limits: { cancelMs: 1_200 } };
/** It says its pid, does not hear SIGTERM, and ends when it is told by a file. */
const stubborn = (dir: string) =>
  `trap '' TERM; echo $$ > '${dir}/pid.part'; mv '${dir}/pid.part' '${dir}/pid'; until [ -e '${dir}/go' ]; do sleep 0.05; done`;

async function run({ ask }: Server, workerId: string | undefined, body: string, properties: object = {}) {
  const on = workerId === undefined ? {} : { TargetType: 'Workers', WorkerIds: [workerId] };
  const Arguments = { ScriptBody: body, Syntax: 'Bash', ...on, Properties: properties };
  return (await ask('POST', '/api/tasks', { Name: 'AdHocScript', Arguments })) as Wire;
}
async function ended({ plane }: Server, { Id }: Wire) {
  await vi.waitFor(async () => expect((await plane.tasks.get(Id))?.completedAtMs).toBeDefined(), 20_000);
  return plane.tasks.get(Id);
}
const logOf = async ({ plane }: Server, { Id }: Wire) =>
  (await plane.journal.read(Id, 0, 1_000_000)).map((line) => `${line.category}: ${line.text}`).join('\n');
async function condition({ ask }: Server, id: string) {
  const all = (await ask('GET', '/api/octo/worker-conditions')) as readonly Wire[];
  return all.find((it) => it.Id === id) as Wire & { readonly Strays: readonly Wire[]; readonly UnfitBecause: string };
}

/** A worker whose machine heard of no cancel: its task has ended, its script runs on. */
async function abandonedOn(server: Server, properties: object = {}) {
  const nest = join(server.dir, 'nest');
  const worker = await add(server, 'w', nest);
  await check(server, [worker.Id]);
  const task = await run(server, worker.Id, stubborn(server.dir), properties);
  const pid = Number(await eventually('it runs', () => readFile(join(server.dir, 'pid'), 'utf8').catch(() => false)));
  onTestFinished(() => void (isRunning(pid) && process.kill(pid, 'SIGKILL')));
  await writeFile(`${nest}.away`, '');
  await server.plane.cancel(task.Id);
  expect((await ended(server, task))?.state).toBe('Canceled');
  await rm(`${nest}.away`);
  expect(isRunning(pid)).toBe(true);
  return { worker, task, pid };
}

test('a worker on which an abandoned script may still run is flagged, over a restart, until a check has seen its end (R159, I5)', async () => {
  const first = await openHealthServer(HASTY);
  const { worker, task, pid } = await abandonedOn(first);
  const flag = { TaskId: task.Id, Why: 'no end within 1.2 s after the cancel', IsExclusive: false };
  expect((await condition(first, worker.Id)).Strays).toMatchObject([flag]);
  await first.close();

  const server = await openHealthServerOn(first.dir, HASTY);
  const { Strays, UnfitBecause } = await condition(server, worker.Id);
  expect({ Strays, UnfitBecause }).toMatchObject({ Strays: [flag], UnfitBecause: null });
  const next = await run(server, worker.Id, 'true');
  expect((await ended(server, next))?.state).toBe('Success');
  expect(await logOf(server, next)).toMatch(
    new RegExp(`^Warning: w may still run the script of ${task.Id}, abandoned at \\S+Z \\(no end within 1.2 s`, 'm'),
  );

  const { log } = await check(server, [worker.Id]); // it tells the machine once more, which has heard of no cancel yet
  expect(log).toMatch(
    new RegExp(`^w: the script of ${task.Id}, abandoned at \\S+Z, is over: all of it was seen dead`, 'm'),
  );
  expect(isRunning(pid)).toBe(false);
  expect((await condition(server, worker.Id)).Strays).toEqual([]);
}, 60_000);

test('one that was to have the worker to itself keeps others out, until a person says that it is gone; that is audited', async () => {
  const server = await openHealthServer(HASTY);
  const { worker, task, pid } = await abandonedOn(server, { 'Octo.Script.Isolation': 'FullIsolation' });
  const found = await condition(server, worker.Id);
  expect(found.Strays).toMatchObject([{ TaskId: task.Id, IsExclusive: true }]);
  expect(found.UnfitBecause).toMatch(
    new RegExp(`^may still run the script of ${task.Id}, .*, which has it to itself$`),
  );
  const refused = await run(server, worker.Id, 'true');
  expect(await ended(server, refused)).toMatchObject({ state: 'Failed', errorCode: 'OCTO_WORKER_NONE_HEALTHY' });
  await writeFile(join(server.dir, 'go'), '');
  await eventually('it has ended', () => !isRunning(pid));
  await server.ask('DELETE', `/api/octo/workers/${worker.Id}/strays`);
  expect(await condition(server, worker.Id)).toMatchObject({ Strays: [], UnfitBecause: null });
  expect((await ended(server, await run(server, worker.Id, 'true')))?.state).toBe('Success');
  const events = (await server.ask('GET', `/api/events?regarding=${worker.Id}&eventCategories=Modified`)) as { readonly Items: readonly Wire[] }; // prettier-ignore
  expect(events.Items).toMatchObject([{ Message: `Worker w was said to be clean of abandoned scripts: ${task.Id}` }]);
}, 60_000);

test('the built-in worker is flagged, too, and its node looks after it, for it has no health check (R159)', async () => {
  const server = await openHealthServer(HASTY); // its machine gives a script 5 s before it kills it
  const task = await run(server, undefined, stubborn(server.dir));
  const pid = Number(await eventually('it runs', () => readFile(join(server.dir, 'pid'), 'utf8').catch(() => false)));
  await server.plane.cancel(task.Id);
  expect((await ended(server, task))?.state).toBe('Canceled');
  const strays = async () => ((await server.ask('GET', '/api/octo/builtin-workers')) as readonly Wire[])[0]?.['Strays'];
  expect(await strays()).toMatchObject([{ TaskId: task.Id, IsExclusive: false }]);
  expect(isRunning(pid)).toBe(true);
  const [own] = await server.plane.strays.list();
  if (own)
    await server.plane.strays.add({ ...own, ticket: 'other', workerId: 'BuiltIn-gone', sinceMs: own.sinceMs + 1 });
  expect(await strays()).toMatchObject([{ Ticket: own?.ticket }, { Ticket: 'other' }]);
  await server.ask('DELETE', '/api/octo/workers/BuiltIn-server-test/strays');
  expect(await strays()).toEqual([]);
  if (own) await server.plane.strays.add(own);
  server.plane.signals.publish('strays'); // as each minute does
  await vi.waitFor(async () => expect(await strays()).toEqual([]), 15_000);
  expect(isRunning(pid)).toBe(false);
}, 60_000);
