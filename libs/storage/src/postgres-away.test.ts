import { startPostgres } from '@octo/testkit/postgres-server';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { installPostgres } from './postgres.fixture.ts';
import { AT, request } from './storage.fixture.ts';
import { openStorage, type Storage } from './storage.ts';

const server = await startPostgres();
afterAll(() => server?.[Symbol.asyncDispose]());

async function install() {
  const it = await installPostgres(server!);
  onTestFinished(() => it[Symbol.asyncDispose]());
  return it.options;
}
const enqueue = (s: Storage) => s.tasks.enqueue('Spaces-1', request, { nowMs: 1 });
const line = (text: string) => ({ activityId: '', category: 'Info' as const, atMs: 1, text });

describe.runIf(server)('PostgreSQL', () => {
  test('while the database is away each question fails at the limit of its installation, with a code; afterwards all goes on', async () => {
    const options = await install();
    await using s = await openStorage({ ...options, postgres: { ...options.postgres, awayLimitMs: 600 } });
    await using patient = await openStorage({ ...options, postgres: { ...options.postgres, awayLimitMs: 3_600_000 } });
    await s.hold('n1');
    const woken: string[] = [];
    await s.news.hear(['queue'], (topic) => woken.push(topic));
    const { id } = await enqueue(s);
    woken.length = 0;
    await server!.stop();
    let isAnswered = false;
    const waiting = patient.nodes.list().finally(() => (isAnswered = true)); // asked first, with hours of patience
    const asked = [s.tasks.get(id), enqueue(s), s.nodes.list(), enqueue(s), s.liveness.isDead('n2')];
    const failed = await Promise.allSettled(asked);
    expect(failed.map((r) => r.status === 'rejected' && (r.reason as { code?: string }).code)).toEqual(
      asked.map(() => 'OCTO_STORAGE_UNREACHABLE'),
    );
    expect(isAnswered).toBe(false);
    await server!.start();
    await waiting;
    await expect.poll(() => enqueue(s).then((t) => t.state), { timeout: 10_000 }).toBe('Queued');
    expect((await s.tasks.get(id))?.id).toBe(id);
    await expect.poll(() => woken, { timeout: 10_000 }).toEqual(['queue']);
    await using other = await openStorage(options);
    await expect(other.hold('n1')).rejects.toMatchObject({ code: 'OCTO_STORAGE_NODE_HELD' });
  });

  test('a restart of the database is waited for; neither a line nor a task is lost or doubled', async () => {
    await using s = await openStorage(await install());
    await enqueue(s);
    const claim = (await s.tasks.claimNext({ nodeId: 'n1', onlyOwn: false }, AT))!.claim;
    let acknowledged = 0;
    let isOver = false;
    /** Only of a commit that was under way nobody can say: who asks afterwards sees it. */
    const look = async (error: Error & { readonly code?: string }) => {
      if (error.code !== 'OCTO_STORAGE_COMMIT_UNKNOWN') throw error;
      acknowledged = (await s.journal.size(claim.taskId)).lastSeq;
    };
    const writing = (async () => {
      while (!isOver)
        await s.journal.append(claim, { lines: [line(String(acknowledged))] }).then(() => acknowledged++, look);
    })();
    await expect.poll(() => acknowledged).toBeGreaterThan(20);
    await server!.stop();
    await server!.start();
    const before = acknowledged;
    await expect.poll(() => acknowledged, { timeout: 10_000 }).toBeGreaterThan(before + 20);
    isOver = true;
    await writing;
    const lines = await s.journal.read(claim.taskId, 0, 10_000_000);
    expect(lines.map((l) => l.text)).toEqual(Array.from({ length: acknowledged }, (_, n) => String(n)));
  });

  test('after a start of the database nobody is dead at once, for the living are just coming back', async () => {
    const options = await install();
    await using s = await openStorage({ ...options, postgres: { ...options.postgres, graceMs: 3_600_000 } });
    expect(await s.liveness.isDead('never-seen')).toBe(false);
  });

  test('a database that never was there, or knows nobody of that name, is said so without the password', async () => {
    const { databaseUrl, ...options } = await install();
    const wrong = {
      hidden: databaseUrl.replace(/:[0-9a-f]+@/, ':planted-secret@'),
      nowhere: 'postgres://u:planted-secret@127.0.0.1:1/x',
    };
    const failure = async (url: string) => {
      const opening = openStorage({ ...options, postgres: { awayLimitMs: 200 }, databaseUrl: url });
      return opening.then(
        () => undefined,
        (error: unknown) => error as { code: string },
      );
    };
    const errors = [
      await failure(wrong.hidden),
      await failure(wrong.nowhere),
      await failure('postgres://u:planted-secret@[x'),
      await failure('mysql://u:planted-secret@h/x'),
      await failure(`${wrong.nowhere}?sslmode=verify-full&sslrootcert=/absent`),
    ];
    expect(errors.map((error) => error?.code)).toEqual([
      'OCTO_STORAGE_LOGIN',
      'OCTO_STORAGE_UNREACHABLE',
      'OCTO_STORAGE_URL',
      'OCTO_STORAGE_URL',
      'OCTO_STORAGE_URL',
    ]);
    const { inspect } = await import('node:util');
    expect(inspect(errors, { depth: 9, showHidden: true })).not.toContain('planted-secret');
  });
});
