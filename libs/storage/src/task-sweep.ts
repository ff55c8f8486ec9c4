import { type Tasks } from '@octo/plane';
import { type Database, run } from './database.ts';
import { idOf, TASK } from './ids.ts';

export type SweepRule = Parameters<Tasks['sweep']>[0];

const ENDED = `state in ('Success', 'Failed', 'Canceled', 'TimedOut')`;

/** See `Tasks.sweep` (R218). Every look goes along an index, however many tasks there are. */
export async function sweepTasks(db: Database, rule: SweepRule): Promise<readonly string[]> {
  const keptFrom = await oldestKept(db, rule);
  for (let name = await nextName(db, ''); name !== undefined; name = await nextName(db, name)) {
    const below = Math.min(keptFrom, await oldestOfNewest(db, name, rule.keepOfEach));
    const swept = await sweepName(db, name, below, rule.limit);
    if (swept.length > 0) return swept.map((seq) => idOf(TASK, seq));
  }
  return [];
}

/** Number from which on all are kept because they are young and few enough. */
async function oldestKept(db: Database, { sinceMs, keep }: SweepRule): Promise<number> {
  const newest = `select seq, completed_ms from task where ${ENDED} order by seq desc limit ?`;
  const [row] = await db.read(`select min(seq) as first from (${newest}) as newest where completed_ms >= ?`, [
    keep,
    sinceMs,
  ]);
  return row?.['first'] === null || row?.['first'] === undefined ? 2 ** 31 - 1 : Number(row['first']);
}

/** Names of types, one after the other: there are a handful, and to ask for all at once would read every task. */
async function nextName(db: Database, after: string): Promise<string | undefined> {
  const [row] = await db.read('select min(name) as name from task where name > ?', [after]);
  return typeof row?.['name'] === 'string' ? row['name'] : undefined;
}

/** Number of the oldest among the newest so many of a type; 0 where there are not more. */
async function oldestOfNewest(db: Database, name: string, count: number): Promise<number> {
  if (count === 0) return 2 ** 31 - 1;
  const sql = 'select seq from task where name = ? order by seq desc limit 1 offset ?';
  const [row] = await db.read(sql, [name, count - 1]);
  return Number(row?.['seq'] ?? 0);
}

async function sweepName(db: Database, name: string, below: number, limit: number): Promise<readonly number[]> {
  const old = `select seq from task where name = ? and seq < ? and ${ENDED} order by seq limit ?`;
  const [any] = await db.read(old, [name, below, 1]);
  if (!any) return []; // the usual case writes nothing
  return db.write(async (trx) => {
    const rows = await run(trx, `delete from task where seq in (${old}) returning seq`, [name, below, limit]);
    const seqs = rows.map((row) => Number(row['seq']));
    const marks = seqs.map(() => '?').join(', ') || 'null';
    await run(trx, `delete from task_worker where task_seq in (${marks})`, seqs);
    return seqs;
  });
}
