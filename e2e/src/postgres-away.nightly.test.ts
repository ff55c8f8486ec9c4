import { startPostgres } from '@octo/testkit/postgres-server';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { linesOf, numbered, numberedScript, started } from './setup/numbered.ts';
import { Home, stateOf } from './setup/octo.ts';
import { until } from './setup/wait.ts';

const database = await startPostgres();
afterAll(() => database?.[Symbol.asyncDispose]());
/** Longer than a server waits for its database. */
const AWAY_MS = 12_000;

test.runIf(database)(
  'a server goes on with its tasks when PostgreSQL was away for long: one start, each line once',
  async () => {
    await using home = await Home.open();
    const server = await home.serve([], { OCTO_DB: await database!.fresh() });
    await home.run(['run', numberedScript(home, 150), '--no-follow']);
    await until('some is out', async () => (await linesOf(server)).length > 10);
    await database!.stop();
    await sleep(AWAY_MS);
    await database!.start();
    const stateNow = () => stateOf(server).catch(() => 'not answered');
    await until('it succeeds', async () => (await stateNow()) === 'Success', 40_000);
    expect(server.child.exitCode).toBeNull();
    expect((await home.run(['task', 'log', '1', '--json'])).stdout).toContain('Continued by');
    expect(await linesOf(server)).toEqual(numbered(150));
    expect(await started(home)).toBe('started\n');
  },
);
