import Sqlite from 'better-sqlite3';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Database, run } from './database.ts';
import { openSqlite } from './sqlite.ts';
import { tempFolder } from './storage.fixture.ts';

async function withTable(
  lockLimitMs = 1_000,
): Promise<AsyncDisposable & { readonly db: Database; readonly file: string }> {
  const folder = await tempFolder();
  const file = join(folder.dir, 'x.db');
  const db = openSqlite(file, { lockLimitMs, isReadOnly: false });
  await db.execute('create table item (n integer primary key, text text not null)');
  return {
    db,
    file,
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
const insert = (db: Database, n: number, text = '') => db.execute('insert into item values (?, ?)', [n, text]);
const count = async (db: Database) => Number((await db.read('select count(*) as n from item'))[0]?.['n']);

/** Commits in the write-ahead log: frames that name the size of the database after them. Format: sqlite.org/fileformat. */
async function commits(file: string): Promise<number> {
  const wal = await readFile(`${file}-wal`);
  const frameBytes = 24 + wal.readUInt32BE(8);
  let found = 0;
  for (let at = 32; at + frameBytes <= wal.length; at += frameBytes) if (wal.readUInt32BE(at + 4) > 0) found++;
  return found;
}

test('writes that wait together share a durable commit', async () => {
  await using it = await withTable();
  const before = await commits(it.file);
  await Promise.all(Array.from({ length: 50 }, (_, n) => insert(it.db, n)));
  const together = (await commits(it.file)) - before;
  expect(together).toBeGreaterThan(0);
  expect(together).toBeLessThan(25);
  for (let n = 50; n < 60; n++) await insert(it.db, n);
  expect((await commits(it.file)) - before - together).toBe(10);
  expect(await count(it.db)).toBe(60);
});

test('of writes that go together only the failing one is undone', async () => {
  await using it = await withTable();
  const both = it.db.write(async (trx) => {
    await run(trx, 'insert into item values (7, ?)', ['half']);
    throw new Error('changed its mind');
  });
  const results = await Promise.allSettled([insert(it.db, 1), both, insert(it.db, 1), insert(it.db, 2)]);
  expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect((await it.db.read('select n from item order by n')).map((row) => row['n'])).toEqual([1, 2]);
});

test('a failing write alone leaves nothing, and the next one passes', async () => {
  await using it = await withTable();
  const failing = it.db.write(async (trx) => {
    await run(trx, 'insert into item values (7, ?)', ['half']);
    throw new Error('changed its mind');
  });
  await expect(failing).rejects.toThrow('changed its mind');
  await insert(it.db, 8);
  expect(await count(it.db)).toBe(1);
});

test('a burst of writes and reads lets the event loop turn', async () => {
  await using it = await withTable();
  const turnsOf = async (work: Promise<unknown>): Promise<number> => {
    let turns = 0;
    let isOver = false;
    const turn = () => void (turns++, isOver || setImmediate(turn));
    setImmediate(turn);
    await work;
    isOver = true;
    return turns;
  };
  const reads = async () => {
    for (let n = 0; n < 20_000; n++) await count(it.db); // each is there at once: without a rest all of them are one turn
  };
  expect(await turnsOf(Promise.all(Array.from({ length: 3_000 }, (_, n) => insert(it.db, n))))).toBeGreaterThan(2);
  expect(await turnsOf(reads())).toBeGreaterThan(2);
});

test('a full disk fails what met it, says so, and is over when there is room again', async () => {
  await using it = await withTable();
  await it.db.execute('pragma max_page_count = 20');
  const big = 'x'.repeat(200_000);
  await expect(insert(it.db, 1, big)).rejects.toMatchObject({ code: 'OCTO_STORAGE_FULL' });
  const results = await Promise.allSettled([insert(it.db, 2), insert(it.db, 3, big), insert(it.db, 4)]);
  expect(results[1]).toMatchObject({ reason: { code: 'OCTO_STORAGE_FULL' } });
  await it.db.execute('pragma max_page_count = 1000000');
  await insert(it.db, 5, big);
  const kept = (await it.db.read('select n from item order by n')).map((row) => row['n']);
  const told = results.flatMap((r, index) => (r.status === 'fulfilled' ? [index + 2] : []));
  expect(kept).toEqual([...told, 5]); // exactly what was answered
});

test('a writer waits for another process without stopping the event loop, and gives up at its limit', async () => {
  await using it = await withTable(100);
  const other = new Sqlite(it.file);
  other.exec('begin immediate');
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await expect(insert(it.db, 1)).rejects.toMatchObject({ code: 'OCTO_STORAGE_BUSY' });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
  const waiting = insert(it.db, 2);
  other.exec('rollback');
  other.close();
  await waiting;
  expect(await count(it.db)).toBe(1);
});

test('an error of the database names the statement and no value of it', async () => {
  await using it = await withTable();
  const failing = it.db.execute('insert into nowhere values (?)', ['planted']);
  await expect(failing).rejects.toThrow('nowhere');
  await expect(failing).rejects.not.toThrow('planted');
});

test('closing waits for the writes that are under way', async () => {
  const folder = await tempFolder();
  const file = join(folder.dir, 'x.db');
  const db = openSqlite(file, { lockLimitMs: 1_000, isReadOnly: false });
  await db.execute('create table item (n integer primary key, text text not null)');
  const writes = Promise.all(Array.from({ length: 200 }, (_, n) => insert(db, n)));
  await db[Symbol.asyncDispose]();
  await writes;
  const after = new Sqlite(file);
  expect(after.prepare('select count(*) as n from item').get()).toEqual({ n: 200 });
  after.close();
  await folder[Symbol.asyncDispose]();
});
