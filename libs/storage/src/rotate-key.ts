import { ConflictError } from '@octo/kernel';
import { type Binding, type Database, type Row, run, type Transaction } from './database.ts';
import { idOf, TASK } from './ids.ts';
import { maskPlace } from './masks.ts';
import { dropNextKey, keepNextKey, makeNextKey } from './master-key.ts';
import { migrate } from './migrate.ts';
import { outputPlace } from './outputs.ts';
import { openPlace } from './place.ts';
import { runPlace } from './runs.ts';
import { openVault, PROOF, type StorageOptions } from './storage.ts';
import { SqlSettings } from './settings.ts';
import { Vault } from './vault.ts';

/** Every column that is sealed, the key of its table, and under which name its value opens. */
const SEALED: readonly {
  readonly table: string;
  readonly key: readonly string[];
  readonly place: (row: Row) => string;
}[] = [
  { table: 'task_request', key: ['task_seq'], place: (row) => `request of ${idOf(TASK, row['task_seq'])}` },
  {
    table: 'run',
    key: ['task_seq', 'action', 'attempt', 'key'],
    place: (row) =>
      runPlace({
        taskId: idOf(TASK, row['task_seq']),
        action: Number(row['action']),
        attempt: Number(row['attempt']),
        key: String(row['key']),
      }),
  },
  {
    table: 'output',
    key: ['task_seq', 'action', 'name_key'],
    place: (row) => outputPlace(row['task_seq'], Number(row['action']), row['name_key']),
  },
  { table: 'mask', key: ['seq'], place: (row) => maskPlace(row['task_seq']) },
  { table: 'document', key: ['kind', 'id_key'], place: (row) => `secrets of ${String(row['id'])}` },
];
/** Rows read at once. */
const PAGE = 500;

export interface Rotation {
  /** How many sealed values there are. */
  readonly resealed: number;
}

/**
 * Seal everything anew under another master key, in one transaction; the key's file changes with it. Whatever dies in
 * between: the database opens with `master.key` or with `master.key.next`, and the next start puts the right one in place.
 * Refused while a node is alive, for it would go on with the old key. `newKey`: base64, where the key comes from outside.
 */
export async function rotateKey(
  options: StorageOptions & { readonly newKey?: string },
  progress: (done: number) => void = () => {},
): Promise<Rotation> {
  await using place = await openPlace(options);
  const { db, locks } = place;
  await migrate(db);
  for (const row of await db.read('select id, name from node'))
    if (!(await locks.isDead(String(row['id']))))
      throw new ConflictError('OCTO_STORAGE_IN_USE', `node ${String(row['name'])} works on this database`, {
        hint: 'stop every server and running octo command first; their scripts go on',
      });
  const old = await openVault(db, new SqlSettings(db), options);
  const key = options.newKey === undefined ? await makeNextKey(options.dataDir) : Buffer.from(options.newKey, 'base64');
  try {
    const resealed = await reseal(db, old, new Vault(key), progress);
    if (options.newKey === undefined) await keepNextKey(options.dataDir);
    return { resealed };
  } catch (error) {
    if (options.newKey === undefined) await dropNextKey(options.dataDir);
    throw error;
  }
}

function reseal(db: Database, old: Vault, next: Vault, progress: (done: number) => void): Promise<number> {
  return db.write(async (trx) => {
    let done = 0;
    for (const { table, key, place } of SEALED) {
      for (let after: Row | undefined; ;) {
        const rows = await page(trx, table, key, after);
        for (const row of rows) {
          if ((row['sealed'] as Uint8Array).length === 0) continue;
          const sealed = next.seal(place(row), old.open(place(row), row['sealed']));
          const where = key.map((column) => `${column} = ?`).join(' and ');
          await run(trx, `update ${table} set sealed = ? where ${where}`, [sealed, ...valuesOf(row, key)]);
          done += 1;
        }
        progress(done);
        if (rows.length < PAGE) break;
        after = rows.at(-1);
      }
    }
    const proof = JSON.stringify(next.seal(PROOF.what, PROOF.text).toString('base64'));
    await run(trx, 'update setting set value = ? where name = ?', [proof, PROOF.setting]);
    return done;
  });
}

function page(trx: Transaction, table: string, key: readonly string[], after: Row | undefined): Promise<Row[]> {
  const order = key.join(', ');
  if (!after) return run(trx, `select * from ${table} order by ${order} limit ${PAGE}`);
  const marks = key.map(() => '?').join(', ');
  return run(
    trx,
    `select * from ${table} where (${order}) > (${marks}) order by ${order} limit ${PAGE}`,
    valuesOf(after, key),
  );
}

function valuesOf(row: Row, key: readonly string[]): readonly Binding[] {
  return key.map((column) => row[column] as Binding); // as the database gave it
}
