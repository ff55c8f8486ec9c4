import { OctoError } from '@octo/kernel';
import { expect, test } from 'vitest';
import { type Connection, type Row } from './connection.ts';
import { Database } from './database.ts';
import { SQLITE } from './sqlite-dialect.ts';

const IN_THE_WAY = Object.assign(new Error('deadlock'), { code: '40P01' });
const AWAY = new OctoError('OCTO_STORAGE_UNREACHABLE', 'the database cannot be reached');

/** Without savepoints, as PostgreSQL is used. Each begin and commit fails with what is next in its list, if anything. */
class FakeConnection implements Connection {
  readonly dialect = SQLITE;
  readonly batch = 64;
  readonly hasSavepoints = false;
  readonly committed: string[] = [];
  readonly #fails: { readonly begin?: unknown[]; readonly commit?: unknown[] };
  #open: string[] = [];

  constructor(fails: { readonly begin?: unknown[]; readonly commit?: unknown[] } = {}) {
    this.#fails = fails;
  }
  query(sql: string): Row[] {
    this.#open.push(sql);
    return [];
  }
  async begin(): Promise<void> {
    fail(this.#fails.begin);
  }
  commit(): void {
    fail(this.#fails.commit);
    this.committed.push(...this.#open.splice(0));
  }
  rollback(): void {
    this.#open = [];
  }
  mayRepeat(error: unknown): boolean {
    return error === IN_THE_WAY;
  }
  close(): void {}
}
function fail(list: unknown[] = []): void {
  const error = list.shift();
  if (error instanceof Error) throw error;
}

/** Writes that wait together, by name; `runs` counts how often each was done. */
async function together(connection: FakeConnection, names: string[], failing: (name: string, run: number) => unknown) {
  const db = new Database(connection, (error) => error);
  const runs: Record<string, number> = {};
  const results = await Promise.allSettled(
    names.map((name) =>
      db.write(async (trx) => {
        runs[name] = (runs[name] ?? 0) + 1;
        await trx.query(name);
        const error = failing(name, runs[name]);
        if (error instanceof Error) throw error;
      }),
    ),
  );
  return { runs, statuses: results.map((r) => r.status) };
}

test('one that fails is left out; the others are done once more, in their order', async () => {
  const connection = new FakeConnection();
  const { statuses } = await together(connection, ['a', 'b', 'c', 'd'], (name) => name === 'c' && new Error('no'));
  expect(statuses).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(connection.committed).toEqual(['a', 'b', 'd']);
});

test('one that others were in the way of passes at the next try', async () => {
  const connection = new FakeConnection();
  const { statuses } = await together(connection, ['a', 'b'], (name, run) => name === 'b' && run < 3 && IN_THE_WAY);
  expect(statuses).toEqual(['fulfilled', 'fulfilled']);
  expect(connection.committed).toEqual(['a', 'b']);
});

test('who is always in the way is so for a bounded time', async () => {
  const { statuses, runs } = await together(new FakeConnection(), ['a'], () => IN_THE_WAY);
  expect(statuses).toEqual(['rejected']);
  expect(runs['a']).toBeLessThan(10);
});

test('nothing is done twice after a commit of which nobody knows how it ended', async () => {
  const unknown = new OctoError('OCTO_STORAGE_COMMIT_UNKNOWN', 'the database went away during a commit');
  const { statuses, runs } = await together(
    new FakeConnection({ commit: [unknown] }),
    ['a', 'b', 'c'],
    () => undefined,
  );
  const rejected = statuses.filter((status) => status === 'rejected').length;
  expect(rejected).toBeGreaterThan(0);
  expect(runs).toEqual({ a: 1, b: 1, c: 1 });
});

test('while the database is away each is told so, and none is done', async () => {
  const { statuses, runs } = await together(
    new FakeConnection({ begin: Array.from({ length: 9 }, () => AWAY) }),
    ['a', 'b', 'c'],
    () => undefined,
  );
  expect(statuses).toEqual(['rejected', 'rejected', 'rejected']);
  expect(runs).toEqual({});
});
