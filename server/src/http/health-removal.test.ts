import { absenceOf } from '@octo/plane';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { add, category, check, openHealthServer, pigeon, type Wire, workerOf } from './health.fixture.ts';

const deletes = (after: string) => ({
  Name: `deletes after ${after}`,
  MachineCleanupPolicy: { DeleteMachinesBehavior: 'DeleteUnavailableMachines', DeleteMachinesElapsedTimeSpan: after },
});

test('who is unavailable for the whole limit, by two checks, is deleted, if others say the same (R100-R102, I30)', async () => {
  const server = await openHealthServer();
  const rule = await server.ask('POST', '/api/machinepolicies', deletes('00:00:00'));
  const gone = await add(server, 'gone', 'away', { MachinePolicyId: rule.Id });
  const alone = await check(server, [gone.Id]);
  expect(alone.log).not.toContain('is not deleted'); // one check is never enough
  expect((await check(server, [gone.Id])).log).toContain('gone is unavailable since');
  expect((await workerOf(server, gone.Id)).HealthStatus).toBe('Unavailable'); // nobody else was there to ask
  const peer = await add(server, 'peer', join(server.dir, 'nest'));
  expect((await check(server, [gone.Id, peer.Id])).log).toContain('Deleted gone: it was unavailable since');
  expect(await server.plane.workers.get(gone.Id)).toBeUndefined();
  expect(await category(server, gone.Id, 'MachineDeleted')).toHaveLength(1);
});

test('one that another worker still reaches is not deleted: it is the server that is cut off (I30)', async () => {
  const server = await openHealthServer();
  const { createServer } = await import('node:net');
  const listener = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const { port } = listener.address() as { port: number };
  const rule = await server.ask('POST', '/api/machinepolicies', deletes('00:00:00'));
  const away = pigeon('away', 'away', { MachinePolicyId: rule.Id, SkipInitialHealthCheck: true });
  const Endpoint = { ...away.Endpoint, Host: '127.0.0.1', Port: port };
  const cut = (await server.ask('POST', '/api/workers', { ...away, Endpoint })) as Wire;
  const peer = await add(server, 'peer', join(server.dir, 'nest'));
  await check(server, [cut.Id, peer.Id]);
  expect((await check(server, [cut.Id, peer.Id])).log).toContain(`peer reaches 127.0.0.1:${port}, so it is this server that does not`); // prettier-ignore
  await new Promise((resolve) => listener.close(resolve));
  expect((await check(server, [cut.Id, peer.Id])).log).toContain(`peer cannot reach 127.0.0.1:${port} either`);
  expect(await server.plane.workers.get(cut.Id)).toBeUndefined();
});

test('time does not count that the server was not there to see (R101)', async () => {
  const server = await openHealthServer();
  const worker = await add(server, 'w', 'away');
  await check(server, [worker.Id]);
  const before = await server.plane.workers.get(worker.Id);
  const long = { ...(before && absenceOf(before)), sinceMs: 0, lastMs: 0, checks: 9, countedMs: 9e9 };
  await server.plane.workers.setHealth(worker.Id, { details: { Absence: long } }, () => undefined);
  await check(server, [worker.Id]);
  const after = await server.plane.workers.get(worker.Id);
  expect(after && absenceOf(after)).toMatchObject({ sinceMs: 0, checks: 1, countedMs: 0 });
});

test('a worker that a task holds is not deleted, which is an event (R102, R35)', async () => {
  const server = await openHealthServer();
  const nest = join(server.dir, 'nest');
  const rule = await server.ask('POST', '/api/machinepolicies', deletes('00:00:00'));
  const held = await add(server, 'held', nest, { MachinePolicyId: rule.Id });
  const peer = await add(server, 'peer', join(server.dir, 'other'));
  await check(server, [held.Id, peer.Id]);
  const script = { ScriptBody: 'echo mine; sleep 30', Syntax: 'Bash', TargetType: 'Workers', WorkerIds: [held.Id] };
  const task = (await server.ask('POST', '/api/tasks', { Name: 'AdHocScript', Arguments: script })) as Wire;
  await vi.waitFor(async () => expect((await server.plane.journal.read(task.Id, 0, 100_000)).some((it) => it.text === 'mine')).toBe(true), 10_000); // prettier-ignore
  await writeFile(`${nest}.away`, '');
  await check(server, [held.Id, peer.Id]);
  const second = await check(server, [held.Id, peer.Id]);
  expect(second.log).toMatch(new RegExp(`held could not be deleted: .*${task.Id}`));
  expect((await workerOf(server, held.Id)).HealthStatus).toBe('Unavailable');
  expect(await category(server, held.Id, 'MachineCleanupFailed')).toMatchObject([
    { Message: expect.stringMatching(/^Worker held was unavailable since .*could not be deleted/) as string },
  ]);
  await rm(`${nest}.away`);
  await server.plane.cancel(task.Id);
  await vi.waitFor(async () => expect((await server.plane.tasks.get(task.Id))?.completedAtMs).toBeDefined(), 10_000);
});

test('only time between failed checks counts, and one that answers in between begins anew (R100, R101)', async () => {
  const server = await openHealthServer();
  const nest = join(server.dir, 'nest');
  const rule = await server.ask('POST', '/api/machinepolicies', deletes('00:00:02'));
  const gone = await add(server, 'gone', nest, { MachinePolicyId: rule.Id });
  const peer = await add(server, 'peer', join(server.dir, 'other'));
  const both = () => check(server, [gone.Id, peer.Id]);
  const pause = () => new Promise((resolve) => setTimeout(resolve, 1_200));
  await writeFile(`${nest}.away`, '');
  await both();
  await pause();
  await both(); // 1.2 s of 2
  await rm(`${nest}.away`);
  await both();
  await writeFile(`${nest}.away`, '');
  await pause();
  await both();
  await pause();
  await both(); // 2.4 s since it was last well, 1.2 s between checks that failed
  expect(await server.plane.workers.get(gone.Id)).toBeDefined();
  await pause();
  expect((await both()).log).toContain('Deleted gone');
}, 30_000);

test('a machine that answers and is wrong is Unhealthy, takes no work, and is never deleted (R85, R100, R140)', async () => {
  const server = await openHealthServer();
  const rule = await server.ask('POST', '/api/machinepolicies', deletes('00:00:00'));
  const strange = await add(server, 'my worker', 'stranger', { MachinePolicyId: rule.Id });
  const peer = await add(server, 'peer', join(server.dir, 'nest'));
  for (let n = 0; n < 3; n++) expect((await check(server, [strange.Id, peer.Id])).state).toBe('Success');
  expect(await workerOf(server, strange.Id)).toMatchObject({
    HealthStatus: 'Unhealthy',
    StatusSummary: "another pigeon came [OCTO_TRANSPORT_PIGEON] (octo worker edit 'my worker' --ring 7)",
  });
  expect(await category(server, strange.Id, 'MachineUnhealthy')).toHaveLength(1); // once per change (R98)
  const kept = await server.plane.workers.get(strange.Id);
  expect(kept && absenceOf(kept)).toBeUndefined();
});

test('a worker that this server cannot ask, for want of a plugin, is never deleted for that (R101, I30)', async () => {
  const server = await openHealthServer();
  const rule = await server.ask('POST', '/api/machinepolicies', deletes('00:00:00'));
  const Endpoint = { CommunicationStyle: 'KubernetesTentacle' };
  const lost = (await server.ask('POST', '/api/workers', { Name: 'lost', WorkerPoolIds: ['WorkerPools-1'], MachinePolicyId: rule.Id, SkipInitialHealthCheck: true, Endpoint })) as Wire; // prettier-ignore
  const broken = await add(server, 'broken', 'broken', { MachinePolicyId: rule.Id });
  const peer = await add(server, 'peer', join(server.dir, 'nest'));
  for (let n = 0; n < 3; n++) await check(server, [lost.Id, broken.Id, peer.Id]);
  for (const { Id } of [lost, broken]) expect((await workerOf(server, Id)).HealthStatus).toBe('Unavailable');
});
