import { startPostgres } from '@octo/testkit/postgres-server';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { linesOf, numbered, numberedScript, started } from './setup/numbered.ts';
import { Home, kill, stateOf } from './setup/octo.ts';
import { until } from './setup/wait.ts';

const database = await startPostgres();
afterAll(() => database?.[Symbol.asyncDispose]());
describe.runIf(database)('a server on PostgreSQL', () => {
  test('killed and started anew it reads on', async () => {
    await using home = await Home.bare();
    const env = { OCTO_DB: await database!.fresh() };
    const first = await home.serve([], env);
    await home.run(['run', numberedScript(home, 40), '--no-follow']);
    await until('some is out', async () => (await linesOf(first)).length > 5);
    await kill(first.child);
    const second = await home.serve([], env);
    await until('it succeeds', async () => (await stateOf(second)) === 'Success');
    expect(await linesOf(second)).toEqual(numbered(40));
    expect(await started(home)).toBe('started\n');
  });

  test('keeps the password of its database to itself', async () => {
    await using home = await Home.bare();
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
