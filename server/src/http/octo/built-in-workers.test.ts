import { expect, test } from 'vitest';
import { NODE, openTestServer } from '../plane.fixture.ts';

test('the built-in worker serves while the default pool is empty (R14)', async () => {
  const { ask } = await openTestServer();
  expect((await ask('/api/octo/builtin-workers')).body).toMatchObject([
    { Id: `BuiltIn-${NODE}`, NodeId: NODE, NodeKind: 'server', IsEnabled: true, IsUsed: true, ActiveLeases: 0 },
  ]);
});

test('switched off it is not used, and says so (R12, R13)', async () => {
  const { ask } = await openTestServer();
  const headers = { 'content-type': 'application/json' };
  await ask('/api/octo/settings', { method: 'PUT', headers, payload: '{"IsBuiltInWorkerEnabled":false}' });
  expect((await ask('/api/octo/settings')).body).toMatchObject({ IsBuiltInWorkerEnabled: false });
  expect((await ask('/api/octo/builtin-workers')).body).toMatchObject([
    { IsEnabled: false, IsUsed: false, Because: expect.stringContaining('switched off') as string },
  ]);
});

test('a worker in the default pool keeps it out, a sick one too (R15, R16)', async () => {
  const { ask, plane } = await openTestServer();
  await plane.workers.add({
    spaceId: 'Spaces-1',
    name: 'w1',
    slug: 'w1',
    poolIds: ['WorkerPools-1'],
    machinePolicyId: 'MachinePolicies-1',
    isDisabled: true,
    health: 'Unavailable',
    statusSummary: '',
    style: 'TentaclePassive',
    details: {},
    endpoint: {},
  });
  expect((await ask('/api/octo/builtin-workers')).body).toMatchObject([
    { IsUsed: false, Because: expect.stringContaining('holds 1 worker') as string },
  ]);
  expect((await ask('/api/workers/all')).body).toHaveLength(1); // and it is itself no row of these
});

test('there is one for each living node, and none for a dead one (R19)', async () => {
  const { ask, plane } = await openTestServer({ living: true });
  const dead = { id: 'server-dead', name: 'dead', kind: 'server' as const, taskCap: 5, startedAtMs: 0, lastSeenMs: 0 };
  await plane.nodes.register(dead);
  expect((await ask('/api/octo/builtin-workers')).body).toMatchObject([{ NodeId: NODE }]);
});

test('plugins say what they bring', async () => {
  const { ask } = await openTestServer();
  const { body } = await ask('/api/octo/plugins');
  const brought = body.flatMap((p: { Brings: readonly string[] }) => p.Brings);
  expect(brought).toEqual(expect.arrayContaining(['step Octopus.Script', 'transport None']));
  expect(body).toMatchObject(body.map(() => ({ Refused: null, Contract: 1 })));
});
