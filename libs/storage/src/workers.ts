import { ConflictError, NotFoundError } from '@octo/kernel';
import { type HealthStatus, type Worker, type Workers } from '@octo/plane';
import { type Database, type Row, run, type Transaction } from './database.ts';
import { idOf, POOL, seqOf, slugOf, WORKER } from './ids.ts';

export class SqlWorkers implements Workers {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async list(spaceId: string): Promise<readonly Worker[]> {
    const rows = await this.#db.read('select * from worker where space_id = ? order by name_key', [spaceId]);
    const members = await this.#db.read(
      `select m.* from worker_pool_member m join worker w on w.seq = m.worker_seq
       where w.space_id = ? order by m.pool_seq`,
      [spaceId],
    );
    const byWorker = Map.groupBy(members, (member) => Number(member['worker_seq']));
    return rows.map((row) => toWorker(row, byWorker.get(Number(row['seq'])) ?? []));
  }
  async get(workerId: string): Promise<Worker | undefined> {
    const seq = seqOf(WORKER, workerId);
    const [row] = await this.#db.read('select * from worker where seq = ?', [seq]);
    if (!row) return undefined;
    return toWorker(
      row,
      await this.#db.read('select pool_seq from worker_pool_member where worker_seq = ? order by pool_seq', [seq]),
    );
  }

  async add(worker: Omit<Worker, 'id'>): Promise<Worker> {
    const name = worker.name.trim();
    const key = name.toLowerCase();
    return this.#db.write(async (trx) => {
      const [taken] = await run(trx, 'select seq from worker where space_id = ? and name_key = ?', [
        worker.spaceId,
        key,
      ]);
      if (taken)
        throw new ConflictError('OCTO_WORKER_NAME_TAKEN', `there is a worker "${name}" in this space already`, {
          hint: 'choose another name, or edit that worker',
        });
      const [row] = await run(
        trx,
        `insert into worker (space_id, name, name_key, slug, machine_policy_id, is_disabled, health, status_summary, style, endpoint)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning seq`,
        [
          worker.spaceId,
          name,
          key,
          worker.slug || slugOf(name),
          worker.machinePolicyId,
          worker.isDisabled ? 1 : 0,
          worker.health,
          worker.statusSummary,
          worker.style,
          JSON.stringify(worker.endpoint),
        ],
      );
      const seq = Number(row?.['seq']);
      for (const poolId of new Set(worker.poolIds)) await join(trx, seq, poolId);
      return { ...worker, name, slug: worker.slug || slugOf(name), id: idOf(WORKER, seq) };
    });
  }
}

async function join(trx: Transaction, seq: number, poolId: string): Promise<void> {
  const [pool] = await run(trx, 'select seq from worker_pool where seq = ?', [seqOf(POOL, poolId)]);
  if (!pool)
    throw new NotFoundError('OCTO_POOL_NOT_FOUND', `there is no worker pool ${poolId}`, { hint: 'octo pool list' });
  await run(trx, 'insert into worker_pool_member (worker_seq, pool_seq) values (?, ?)', [seq, pool['seq'] as number]);
}

function toWorker(row: Row, members: readonly Row[]): Worker {
  return {
    id: idOf(WORKER, row['seq']),
    spaceId: String(row['space_id']),
    name: String(row['name']),
    slug: String(row['slug']),
    poolIds: members.map((member) => idOf(POOL, member['pool_seq'])),
    machinePolicyId: String(row['machine_policy_id']),
    isDisabled: Number(row['is_disabled']) === 1,
    health: row['health'] as HealthStatus, // written by this package alone
    statusSummary: String(row['status_summary']),
    style: String(row['style']),
    endpoint: JSON.parse(String(row['endpoint'])) as Record<string, unknown>,
  };
}
