import { ConflictError } from '@octo/kernel';
import { type HealthStatus, type Worker, type WorkerPool, type Pools, type Workers } from '@octo/plane';
import { type Database, type Row, run } from './database.ts';
import { idOf, POOL, seqOf, slugOf, WORKER } from './ids.ts';

const WITH_POOLS = `select w.*, (select group_concat(pool_seq) from worker_pool_member m where m.worker_seq = w.seq) as pools
  from worker w`;

export class SqlWorkers implements Workers {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async list(spaceId: string): Promise<readonly Worker[]> {
    return (await this.#db.read(`${WITH_POOLS} where space_id = ? order by name_key`, [spaceId])).map(toWorker);
  }
  async get(workerId: string): Promise<Worker | undefined> {
    const [row] = await this.#db.read(`${WITH_POOLS} where seq = ?`, [seqOf(WORKER, workerId)]);
    return row && toWorker(row);
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
      for (const poolId of worker.poolIds)
        await run(trx, 'insert into worker_pool_member (worker_seq, pool_seq) values (?, ?)', [
          seq,
          seqOf(POOL, poolId),
        ]);
      return { ...worker, name, slug: worker.slug || slugOf(name), id: idOf(WORKER, seq) };
    });
  }
}

export class SqlPools implements Pools {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async list(spaceId: string): Promise<readonly WorkerPool[]> {
    return (
      await this.#db.read('select * from worker_pool where space_id = ? order by sort_order, name_key', [spaceId])
    ).map(toPool);
  }
  async get(poolId: string): Promise<WorkerPool | undefined> {
    const [row] = await this.#db.read('select * from worker_pool where seq = ?', [seqOf(POOL, poolId)]);
    return row && toPool(row);
  }

  add(pool: Omit<WorkerPool, 'id'>): Promise<WorkerPool> {
    const name = pool.name.trim();
    const key = name.toLowerCase();
    return this.#db.write(async (trx) => {
      const [taken] = await run(trx, 'select seq from worker_pool where space_id = ? and name_key = ?', [
        pool.spaceId,
        key,
      ]);
      if (taken)
        throw new ConflictError('OCTO_POOL_NAME_TAKEN', `there is a worker pool "${name}" in this space already`, {
          hint: 'choose another name',
        });
      if (pool.isDefault) await run(trx, 'update worker_pool set is_default = 0 where space_id = ?', [pool.spaceId]);
      const [row] = await run(
        trx,
        `insert into worker_pool (space_id, name, name_key, slug, description, is_default, sort_order)
         values (?, ?, ?, ?, ?, ?, ?) returning *`,
        [pool.spaceId, name, key, pool.slug || slugOf(name), pool.description, pool.isDefault ? 1 : 0, pool.sortOrder],
      );
      return toPool(row as Row);
    });
  }
}

function toWorker(row: Row): Worker {
  const pools = typeof row['pools'] === 'string' ? row['pools'].split(',') : [];
  return {
    id: idOf(WORKER, row['seq']),
    spaceId: String(row['space_id']),
    name: String(row['name']),
    slug: String(row['slug']),
    poolIds: pools.map((seq) => idOf(POOL, seq)),
    machinePolicyId: String(row['machine_policy_id']),
    isDisabled: Number(row['is_disabled']) === 1,
    health: row['health'] as HealthStatus, // written by this package alone
    statusSummary: String(row['status_summary']),
    style: String(row['style']),
    endpoint: JSON.parse(String(row['endpoint'])) as Record<string, unknown>,
  };
}

function toPool(row: Row): WorkerPool {
  return {
    id: idOf(POOL, row['seq']),
    spaceId: String(row['space_id']),
    name: String(row['name']),
    slug: String(row['slug']),
    description: String(row['description']),
    isDefault: Number(row['is_default']) === 1,
    sortOrder: Number(row['sort_order']),
  };
}
