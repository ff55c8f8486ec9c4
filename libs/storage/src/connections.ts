import { type Connection, type Connections } from '@octo/plane';
import { type Database, run, type Transaction } from './database.ts';
import { idOf, seqOf, WORKER } from './ids.ts';
import { type News } from './news.ts';

/** Rows that one statement writes or names; SQLite takes no endless list of values. */
const ROWS = 300;

export class SqlConnections implements Connections {
  readonly #db: Database;
  readonly #news: News;

  constructor(db: Database, news: News) {
    this.#db = db;
    this.#news = news;
  }

  async note(
    nodeId: string,
    { came, left }: { readonly came: readonly string[]; readonly left: readonly string[] },
    nowMs: number,
  ): Promise<void> {
    if (came.length + left.length === 0) return;
    await this.#db.write(async (trx) => {
      for (const seqs of parts(left)) {
        await run(trx, `delete from worker_connection where node_id = ? and worker_seq in (${marks(seqs)})`, [
          nodeId,
          ...seqs,
        ]);
        await seen(trx, seqs, nowMs);
      }
      for (const seqs of parts(came)) {
        await run(
          trx,
          `insert into worker_connection (worker_seq, node_id, since_ms)
           select seq, ?, ? from worker where seq in (${marks(seqs)})
           on conflict (worker_seq, node_id) do update set since_ms = excluded.since_ms`,
          [nodeId, nowMs, ...seqs],
        );
        await seen(trx, seqs, nowMs);
      }
    });
    this.#news.tell('leases'); // whoever waits for a worker looks again
  }

  async of(workerIds: readonly string[]): Promise<readonly Connection[]> {
    const found: Connection[] = [];
    for (const seqs of parts(workerIds)) {
      const sql = `select * from worker_connection where worker_seq in (${marks(seqs)}) order by worker_seq, node_id`;
      for (const row of await this.#db.read(sql, seqs))
        found.push({
          workerId: idOf(WORKER, row['worker_seq']),
          nodeId: String(row['node_id']),
          sinceMs: Number(row['since_ms']),
        });
    }
    return found;
  }

  async lastSeen(workerIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>();
    for (const seqs of parts(workerIds)) {
      const sql = `select seq, seen_ms from worker where seen_ms is not null and seq in (${marks(seqs)})`;
      for (const row of await this.#db.read(sql, seqs)) found.set(idOf(WORKER, row['seq']), Number(row['seen_ms']));
    }
    return found;
  }

  async releaseOfNode(nodeId: string): Promise<void> {
    const [any] = await this.#db.read('select 1 from worker_connection where node_id = ? limit 1', [nodeId]);
    if (any) await this.#db.execute('delete from worker_connection where node_id = ?', [nodeId]);
  }
}

async function seen(trx: Transaction, seqs: readonly number[], nowMs: number): Promise<void> {
  await run(trx, `update worker set seen_ms = ? where seq in (${marks(seqs)})`, [nowMs, ...seqs]);
}
function parts(workerIds: readonly string[]): readonly (readonly number[])[] {
  // in one order always, so that two nodes never wait for each other's rows
  const seqs = [...new Set(workerIds.map((id) => seqOf(WORKER, id)))].sort((a, b) => a - b);
  return Array.from({ length: Math.ceil(seqs.length / ROWS) }, (_, n) => seqs.slice(n * ROWS, (n + 1) * ROWS));
}
const marks = (seqs: readonly number[]) => seqs.map(() => '?').join(', ');
