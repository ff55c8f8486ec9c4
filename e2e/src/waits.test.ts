import { expect, test } from 'vitest';
import { Home, stateOf } from './setup/octo.ts';
import { until } from './setup/wait.ts';

interface Insight {
  readonly task: { readonly state: string; readonly errorMessage: string };
  readonly errorCode: string | null;
  readonly waiting: { readonly for: string; readonly until: string | null; readonly whenOver: string } | null;
}
const show = async (home: Home, id: string) =>
  JSON.parse((await home.run(['task', 'show', id, '--json'])).stdout) as Insight;

test('a task in the queue says what it waits for, in its log and in task show; raising the cap lets it go (R206, R215, R252)', async () => {
  await using home = await Home.open();
  const server = await home.serve(['--task-cap', '0']);
  await home.run(['run', 'echo went', '--no-follow']);
  await until('it is explained', async () => (await server.api.task('ServerTasks-1', AbortSignal.timeout(10_000))).waiting !== null); // prettier-ignore
  const { waiting } = await show(home, '1');
  expect(waiting?.for).toMatch(/task cap of server-.* is 0/);
  expect(waiting).toMatchObject({ until: expect.any(String), whenOver: expect.stringContaining('TimedOut') });
  expect((await home.run(['task', 'log', '1'])).stderr).toContain('Waiting for a node that takes tasks');
  const nodes = JSON.parse((await home.run(['node', 'list', '--json'])).stdout) as { id: string }[];
  await home.run(['node', 'set-cap', nodes[0]!.id, '2']);
  await until('it went', async () => (await stateOf(server)) === 'Success');
});

test('a task that nobody takes in time ends as TimedOut (R211)', async () => {
  await using home = await Home.open();
  const server = await home.serve(['--task-cap', '0']);
  await home.run(['run', 'echo never', '--no-follow', '--queue-timeout', '1s']);
  await until('it left the queue', async () => (await stateOf(server)) === 'TimedOut');
  expect((await show(home, '1')).errorCode).toBe('OCTO_QUEUE_TIMEOUT');
});

test('with the built-in worker switched off a step fails and names the switch; it does not hang (R12, R13)', async () => {
  await using home = await Home.open();
  await home.serve(['--no-builtin-worker']);
  const result = await home.run(['run', 'echo no']);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain('the built-in worker is switched off');
  expect((await show(home, '1')).errorCode).toBe('OCTO_BUILTIN_DISABLED');
  expect((await home.run(['worker', 'show', 'built-in'])).stdout).toMatch(/Switch\s+off/);
});
