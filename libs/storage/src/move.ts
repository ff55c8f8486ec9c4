import { ConflictError } from '@octo/kernel';
import { type Binding, type Database, type Row, run, type Transaction } from './database.ts';
import { migrate } from './migrate.ts';
import { openPlace, type Place } from './place.ts';

/** Rows that are read and written at once; those of the log have up to 256 KiB each. */
const ROWS = 50;
/** Kept by triggers or by migrations. */
const OWN = new Set(['schema_version', 'task_tally']);

export interface MoveOptions {
  readonly dataDir: string;
  /** `postgres://…` of a database in which octo has never worked. */
  readonly to: string;
  readonly progress?: (table: string, rows: number) => void;
}

/**
 * Copy all rows of the SQLite in a data folder to a PostgreSQL, in one transaction: all or nothing. SQLite is locked
 * meanwhile and stays as it was. Artifacts and the master key stay in the folder, which is used with the new database.
 */
export async function moveToPostgres({ dataDir, to, progress = () => {} }: MoveOptions): Promise<void> {
  await using source = await openPlace({ dataDir });
  await migrate(source.db);
  await expectNobody(source);
  await using target = await openPlace({ dataDir, databaseUrl: to });
  await migrate(target.db);
  await expectEmpty(target.db);
  await source.db.write((from) =>
    target.db.write(async (into) => {
      for (const table of ['setting', 'worker_pool', 'space', 'document', 'counter'])
        await run(into, `delete from ${table}`); // from the seed
      for (const table of await tablesOf(from)) await copyTable(from, into, table, progress);
    }),
  );
}

async function expectNobody({ db, locks }: Place): Promise<void> {
  for (const row of await db.read('select id from node')) {
    const id = String(row['id']);
    if (await locks.isDead(id)) continue;
    throw new ConflictError('OCTO_STORAGE_IN_USE', `node ${id} works on this data folder`, {
      hint: 'stop it first; scripts that run go on, and are found again afterwards',
    });
  }
}

/** Whoever opens an installation for the first time leaves a proof of its key. */
async function expectEmpty(db: Database): Promise<void> {
  const [proof] = await db.read(`select 1 from setting where name = 'vault.proof'`);
  if (!proof) return;
  throw new ConflictError('OCTO_STORAGE_NOT_EMPTY', 'octo has worked on that database already', {
    hint: 'make a new one: createdb octo',
  });
}

/** A table comes behind those that it refers to. */
async function tablesOf(trx: Transaction): Promise<readonly string[]> {
  const found = await run(trx, `select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`);
  const open = new Set(found.map((row) => String(row['name'])).filter((name) => !OWN.has(name)));
  const sorted: string[] = [];
  const add = async (table: string): Promise<void> => {
    if (!open.delete(table)) return;
    const references = await run(trx, `select "table" as other from pragma_foreign_key_list(?)`, [table]);
    for (const { other } of references) await add(String(other));
    sorted.push(table);
  };
  for (const table of [...open].sort()) await add(table);
  return sorted;
}

async function copyTable(
  from: Transaction,
  into: Transaction,
  table: string,
  progress: (table: string, rows: number) => void,
): Promise<void> {
  let copied = 0;
  for (let after = -1; ;) {
    const sql = `select rowid as move_rowid, * from "${table}" where rowid > ? order by rowid limit ${ROWS}`;
    const rows = await run(from, sql, [after]);
    if (rows.length === 0) break;
    after = Number(rows.at(-1)?.['move_rowid']);
    await insert(into, table, rows);
    progress(table, (copied += rows.length));
  }
  await goOnCounting(from, into, table);
}

async function insert(into: Transaction, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).filter((name) => name !== 'move_rowid');
  const marks = `(${columns.map(() => '?').join(', ')})`;
  const values = rows.flatMap((row) => columns.map((name) => row[name] as Binding)); // as SQLite gave it
  const names = columns.map((name) => `"${name}"`).join(', ');
  await run(into, `insert into "${table}" (${names}) values ${rows.map(() => marks).join(', ')}`, values);
}

/** Numbers that were given once are not given again. */
async function goOnCounting(from: Transaction, into: Transaction, table: string): Promise<void> {
  const [last] = await run(from, 'select seq from sqlite_sequence where name = ?', [table]);
  if (!last) return;
  await run(into, `select setval(pg_get_serial_sequence(?, 'seq'), greatest(?, 1))`, [table, Number(last['seq'])]);
}
