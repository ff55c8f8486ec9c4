import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { collect, finished, Home } from './setup/octo.ts';
import { isAlive, until } from './setup/wait.ts';

const sleeper = (home: Home) => `echo $$ > '${join(home.dir, 'pid')}'; echo up; sleep 300 & wait`;
const pidOf = async (home: Home) => Number(await readFile(join(home.dir, 'pid'), 'utf8'));

test.each(['in-process', 'server'])(
  'Ctrl-C asks the task to cancel, %s: the tree is dead, the end is truthful, exit 130',
  async (where) => {
    await using home = await Home.open();
    if (where === 'server') await home.serve();
    const child = home.start(['run', sleeper(home)]);
    const output = collect(child);
    const end = finished(child);
    await until('the script is up', async () => output.stdout.includes('up'));
    child.kill('SIGINT');
    expect((await end).code).toBe(130);
    expect(output.stderr).toContain('asking ServerTasks-1 to cancel');
    expect(output.stderr).toContain('ended as Canceled');
    expect(isAlive(await pidOf(home))).toBe(false);
    const show = await home.run(['task', 'show', '1', '--json']);
    expect(JSON.parse(show.stdout)).toMatchObject({
      task: { state: 'Canceled' },
      runs: [{ end: 'stopped', state: 'ended' }],
    });
  },
);

test('a second Ctrl-C leaves at once and says what goes on; the next octo run takes it up', async () => {
  await using home = await Home.open();
  const go = join(home.dir, 'go');
  const stubborn = `trap '' TERM; echo up; for n in $(seq 600); do [ -e '${go}' ] && break; sleep 0.05; done`;
  const child = home.start(['run', stubborn]);
  const output = collect(child);
  const end = finished(child);
  await until('the script is up', async () => output.stdout.includes('up'));
  child.kill('SIGINT');
  await until('the cancel is said', async () => output.stderr.includes('asking'));
  child.kill('SIGINT');
  expect((await end).code).toBe(130);
  expect(output.stderr).toContain('octo task show ServerTasks-1');
  expect(JSON.parse((await home.run(['task', 'show', '1', '--json'])).stdout)).toMatchObject({ isObserved: false });
  await home.run(['run', 'sleep 8; echo next']);
  const after = JSON.parse((await home.run(['task', 'show', '1', '--json'])).stdout) as object;
  expect(after).toMatchObject({ task: { state: 'Canceled' } });
});

test('octo task cancel --wait on a server; a task that is only queued ends at once, and nothing has run (R153)', async () => {
  await using home = await Home.open();
  await home.serve(['--task-cap', '1']);
  await home.run(['run', sleeper(home), '--no-follow']);
  await until('it runs', async () => existsSync(join(home.dir, 'pid')));
  await home.run(['run', `touch '${join(home.dir, 'ran')}'`, '--no-follow']);
  const queued = await home.run(['task', 'cancel', '2', '--wait']);
  expect(queued.stdout).toContain('ServerTasks-2 is Canceled');
  const running = await home.run(['task', 'cancel', 'ServerTasks-1', '--wait']);
  expect(running.stdout).toContain('ServerTasks-1 is Canceled');
  expect(existsSync(join(home.dir, 'ran'))).toBe(false);
  expect((await home.run(['task', 'cancel', '99'])).stderr).toContain("'ServerTasks-99' was not found");
});

test('--timeout ends the task as TimedOut and its scripts with it', async () => {
  await using home = await Home.open();
  const result = await home.run(['run', sleeper(home), '--timeout', '1s']);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain('ended as TimedOut');
  expect(isAlive(await pidOf(home))).toBe(false);
});
