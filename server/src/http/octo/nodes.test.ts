import { expect, test } from 'vitest';
import { claim, enqueue, NODE, openTestServer } from '../plane.fixture.ts';

const json = { 'content-type': 'application/json' };

test('nodes say whether they live and what they run; Octopus clients see the servers among them (rest.md 2.2)', async () => {
  const server = await openTestServer({ living: true });
  const gone = { id: 'local-7', name: 'laptop', kind: 'in-process' as const, taskCap: 5 };
  await server.plane.nodes.register({ ...gone, startedAtMs: 0, lastSeenMs: 1_000 });
  await enqueue(server);
  await claim(server);
  expect((await server.ask('/api/octo/nodes')).body).toMatchObject([
    { Id: 'local-7', Kind: 'in-process', IsAlive: false, RunningTasks: 0, LastSeen: '1970-01-01T00:00:01.000Z' },
    { Id: NODE, Kind: 'server', IsAlive: true, RunningTasks: 1, TaskCap: 0 },
  ]);
  const { body } = await server.ask('/api/octopusservernodes');
  expect(body.Items).toMatchObject([{ Id: NODE, MaxConcurrentTasks: 0, IsInMaintenanceMode: false }]);
  for (const at of ['all', 'ping', NODE.toUpperCase()])
    expect([(await server.ask(`/api/octopusservernodes/${at}`)).body].flat()).toMatchObject([{ Id: NODE }]);
  expect((await server.ask('/api/octopusservernodes/summary')).body).toMatchObject({
    Nodes: [{ Id: NODE, IsOffline: false, RunningTaskCount: 1 }],
  });
  expect((await server.ask('/api/octopusservernodes/local-7')).status).toBe(404);
});

test('a task cap is set in any case of its name, and the queue is looked at anew (R206)', async () => {
  const { ask, plane } = await openTestServer();
  const at = { startedAtMs: 0, lastSeenMs: 0 };
  await plane.nodes.register({ id: NODE, name: 'test', kind: 'server', taskCap: 5, ...at });
  using queue = plane.signals.subscribe('queue');
  const { body } = await ask(`/api/octo/nodes/${NODE.toUpperCase()}`, {
    method: 'PUT',
    headers: json,
    payload: '{"TASKCAP":7}',
  });
  expect(body).toMatchObject({ Id: NODE, TaskCap: 7 });
  expect((await plane.nodes.get(NODE))?.taskCap).toBe(7);
  await queue.next(600_000, new AbortController().signal); // the test would be given up before
});

test.each([['{"TaskCap":-1}'], ['{"TaskCap":1.5}'], ['{"TaskCap":"5"}'], ['{}'], ['[]'], ['']])(
  'a task cap of %s is refused',
  async (payload) => {
    const { ask } = await openTestServer();
    const { status, body } = await ask(`/api/octo/nodes/${NODE}`, { method: 'PUT', headers: json, payload });
    expect({ status, code: body.Details.Code }).toEqual({ status: 400, code: 'OCTO_INPUT' });
  },
);

test('a node that is not there has no task cap', async () => {
  const { ask } = await openTestServer();
  const { status } = await ask('/api/octo/nodes/nobody', { method: 'PUT', headers: json, payload: '{"TaskCap":1}' });
  expect(status).toBe(404);
});
