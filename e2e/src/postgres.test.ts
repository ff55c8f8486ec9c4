import { startPostgres } from '@octo/testkit/postgres-server';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { Home, kill } from './setup/octo.ts';
import { until } from './setup/wait.ts';

const database = await startPostgres();
afterAll(() => database?.[Symbol.asyncDispose]());
/** Longer than a server waits for its database. */
const AWAY_MS = 12_000;

const script = (home: Home, lines: number) =>
  `echo started >> '${join(home.dir, 'witness')}'; for n in $(seq 1 ${lines}); do echo "line $n"; sleep 0.1; done`;
const started = (home: Home) => readFile(join(home.dir, 'witness'), 'utf8').catch(() => '');

async function taskOf(home: Home) {
  const { stdout } = await home.run(['task', 'log', '1', '--json']);
  const log = (JSON.parse(stdout || '{}') as { lines?: { text: string }[] }).lines ?? [];
  const shown = await home.run(['task', 'show', '1', '--json']);
  const { task } = JSON.parse(shown.stdout || '{}') as { task?: { state: string } };
  return { state: task?.state ?? shown.stderr, lines: log.map((l) => l.text).filter((t) => t.startsWith('line ')) };
}
const numbered = (count: number) => Array.from({ length: count }, (_, n) => `line ${n + 1}`);

describe.runIf(database)('a server on PostgreSQL', () => {
  test('goes on with its tasks when the database was away for long: one start, each line once', async () => {
    await using home = await Home.open();
    const server = await home.serve([], { OCTO_DB: await database!.fresh() });
    await home.run(['run', script(home, 150), '--no-follow']);
    await until('half is out', async () => (await taskOf(home)).lines.length > 10);
    await database!.stop();
    await sleep(AWAY_MS);
    await database!.start();
    await until('it succeeds', async () => (await taskOf(home)).state === 'Success', 40_000);
    expect(server.child.exitCode).toBeNull();
    expect((await home.run(['task', 'log', '1', '--json'])).stdout).toContain('Continued by');
    expect((await taskOf(home)).lines).toEqual(numbered(150));
    expect(await started(home)).toBe('started\n');
  });

  test('killed and started anew it reads on', async () => {
    await using home = await Home.open();
    const env = { OCTO_DB: await database!.fresh() };
    const first = await home.serve([], env);
    await home.run(['run', script(home, 40), '--no-follow']);
    await until('some is out', async () => (await taskOf(home)).lines.length > 5);
    await kill(first.child);
    await home.serve([], env);
    await until('it succeeds', async () => (await taskOf(home)).state === 'Success');
    expect((await taskOf(home)).lines).toEqual(numbered(40));
    expect(await started(home)).toBe('started\n');
  });

  test('keeps the password of its database to itself', async () => {
    await using home = await Home.open();
    const url = await database!.fresh();
    const password = /:([0-9a-f]+)@/.exec(url)![1]!;
    const server = await home.serve(['--db', url], { OCTO_LOG_LEVEL: 'debug' });
    expect(await readFile(`/proc/${server.child.pid}/cmdline`, 'utf8').catch(() => '')).not.toContain(password);
    const wrong = await home.run(['task', 'list', '--db', url.replace(/\/octo_/, '/absent_')], {
      OCTO_DATA: join(home.dir, 'other'),
    });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('OCTO_STORAGE_LOGIN') as string });
    expect(JSON.stringify([server.output, wrong])).not.toContain(password);
  });
});
