import { type Lease, type Leases } from '@octo/plane';
import { type Database, type Row, run } from './database.ts';
import { idOf, LEASE, seqOf, TASK, WORKER } from './ids.ts';
import { type News } from './news.ts';

export class SqlLeases implements Leases {
  readonly #db: Database;
  readonly #news: News;

  constructor(db: Database, news: News) {
    this.#db = db;
    this.#news = news;
  }

  take(lease: Omit<Lease, 'id'>): Promise<Lease> {
    return this.#db.write(async (trx) => {
      // whoever deletes the worker meanwhile waits, and then finds the lease
      await run(trx, `select seq from worker where seq = ? ${trx.dialect.forUpdate}`, [seqOf(WORKER, lease.workerId)]);
      const [row] = await run(
        trx,
        `insert into lease (worker_id, task_id, space_id, node_id, taken_ms, until_ms, exclusive)
         values (?, ?, ?, ?, ?, ?, ?) returning *`,
        [
          lease.workerId,
          lease.taskId,
          lease.spaceId,
          lease.nodeId,
          lease.takenAtMs,
          lease.untilMs,
          lease.exclusive ? 1 : 0,
        ],
      );
      await run(
        trx,
        `insert into worker_use (worker_id, last_leased_ms) values (?, ?)
         on conflict (worker_id) do update set last_leased_ms = excluded.last_leased_ms`,
        [lease.workerId, lease.takenAtMs],
      );
      await run(trx, 'insert into task_worker (worker_id, task_seq) values (?, ?) on conflict do nothing', [
        lease.workerId,
        seqOf(TASK, lease.taskId),
      ]);
      return toLease(row as Row);
    });
  }

  async release(leaseId: string): Promise<void> {
    await this.#db.execute('delete from lease where seq = ?', [seqOf(LEASE, leaseId)]);
    this.#news.tell('leases');
  }
  async renew(nodeId: string, untilMs: number): Promise<void> {
    await this.#db.execute('update lease set until_ms = ? where node_id = ?', [untilMs, nodeId]);
  }
  async releaseOfNode(nodeId: string): Promise<void> {
    await this.#db.execute('delete from lease where node_id = ?', [nodeId]);
  }

  async list(nowMs: number): Promise<readonly Lease[]> {
    return (await this.#db.read('select * from lease where until_ms > ? order by seq', [nowMs])).map(toLease);
  }

  async load(workerIds: readonly string[], nowMs: number) {
    const found = new Map<string, { active: number; lastLeasedAtMs?: number }>();
    const marks = workerIds.map(() => '?').join(', ') || 'null';
    const uses = await this.#db.read(
      `select worker_id, last_leased_ms,
         (select count(*) from lease l where l.worker_id = u.worker_id and l.until_ms > ?) as active
       from worker_use u where worker_id in (${marks})`,
      [nowMs, ...workerIds],
    );
    for (const use of uses)
      found.set(String(use['worker_id']), {
        active: Number(use['active']),
        lastLeasedAtMs: Number(use['last_leased_ms']),
      });
    return found;
  }
}

function toLease(row: Row): Lease {
  return {
    id: idOf(LEASE, row['seq']),
    workerId: String(row['worker_id']),
    taskId: String(row['task_id']),
    spaceId: String(row['space_id']),
    nodeId: String(row['node_id']),
    takenAtMs: Number(row['taken_ms']),
    untilMs: Number(row['until_ms']),
    exclusive: Number(row['exclusive']) === 1,
  };
}
