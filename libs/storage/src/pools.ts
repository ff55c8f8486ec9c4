import { ConflictError, InputError, NotFoundError } from '@octo/kernel';
import { type Audit, type NewEvent, type Pools, type WorkerPool } from '@octo/plane';
import { type Database, type Row, run, type Transaction } from './database.ts';
import { writeEvent } from './events.ts';
import { idOf, POOL, seqOf, slugOf } from './ids.ts';

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

  add(pool: Omit<WorkerPool, 'id'>, audit?: Audit<WorkerPool>): Promise<WorkerPool> {
    const name = pool.name.trim();
    return this.#db.write(async (trx) => {
      await keepSpace(trx, pool.spaceId);
      await refuseTaken(trx, pool.spaceId, name, 0);
      if (pool.isDefault) await run(trx, 'update worker_pool set is_default = 0 where space_id = ?', [pool.spaceId]);
      const [row] = await run(
        trx,
        `insert into worker_pool (space_id, name, name_key, slug, description, is_default, sort_order, details)
         values (?, ?, ?, ?, ?, ?, ?, ?) returning *`,
        [
          pool.spaceId,
          name,
          name.toLowerCase(),
          pool.slug || slugOf(name),
          pool.description,
          pool.isDefault ? 1 : 0,
          pool.sortOrder,
          JSON.stringify(pool.details),
        ],
      );
      const added = toPool(row as Row);
      if (audit) await writeEvent(trx, audit(added));
      return added;
    });
  }

  update(pool: WorkerPool, audit: Audit<WorkerPool>): Promise<WorkerPool> {
    const name = pool.name.trim();
    const seq = seqOf(POOL, pool.id);
    return this.#db.write(async (trx) => {
      await keepSpace(trx, pool.spaceId);
      const before = await held(trx, pool.id);
      await refuseTaken(trx, pool.spaceId, name, seq);
      if (before.isDefault && !pool.isDefault)
        throw new InputError('OCTO_POOL_DEFAULT', `${before.name} is the default pool; a space always has one`, {
          hint: 'make another pool the default one instead',
        });
      if (pool.isDefault) await run(trx, 'update worker_pool set is_default = 0 where space_id = ?', [pool.spaceId]);
      const [row] = await run(
        trx,
        `update worker_pool set name = ?, name_key = ?, slug = ?, description = ?, is_default = ?, sort_order = ?,
           details = ? where seq = ? returning *`,
        [
          name,
          name.toLowerCase(),
          pool.slug || slugOf(name),
          pool.description,
          pool.isDefault ? 1 : 0,
          pool.sortOrder,
          JSON.stringify(pool.details),
          seq,
        ],
      );
      const after = toPool(row as Row);
      await writeEvent(trx, audit(after));
      return after;
    });
  }

  async remove(pool: WorkerPool, audit: Audit<WorkerPool>): Promise<void> {
    await this.#db.write(async (trx) => {
      const now = await held(trx, pool.id);
      if (now.isDefault)
        throw new InputError(
          'OCTO_POOL_DEFAULT',
          `${now.name} is the default pool of its space and cannot be deleted`,
          {
            hint: 'make another pool the default one first',
          },
        );
      const seq = seqOf(POOL, pool.id);
      const inside = await run(
        trx,
        `select worker.name as name from worker_pool_member join worker on worker.seq = worker_seq where pool_seq = ?`,
        [seq],
      );
      if (inside.length > 0)
        throw new InputError(
          'OCTO_POOL_NOT_EMPTY',
          `${now.name} has workers: ${inside.map((row) => String(row['name'])).join(', ')}`,
          { hint: 'move them to another pool, or delete them, first' },
        );
      await run(trx, 'delete from worker_pool where seq = ?', [seq]);
      await writeEvent(trx, audit(now));
    });
  }

  async sort(spaceId: string, poolIds: readonly string[], audit: NewEvent): Promise<void> {
    await this.#db.write(async (trx) => {
      const rows = await run(trx, 'select seq from worker_pool where space_id = ?', [spaceId]);
      const seqs = poolIds.map((id) => seqOf(POOL, id));
      const isWhole = seqs.length === rows.length && rows.every((row) => seqs.includes(Number(row['seq'])));
      if (!isWhole)
        throw new InputError('OCTO_POOL_ORDER', 'an order names every worker pool of the space once', {
          hint: 'octo pool list',
        });
      for (const [place, seq] of seqs.entries())
        await run(trx, 'update worker_pool set sort_order = ? where seq = ?', [place, seq]);
      await writeEvent(trx, audit);
    });
  }
}

/** One writer of a space's pools at a time: there is one default in it. */
async function keepSpace(trx: Transaction, spaceId: string): Promise<void> {
  await run(trx, `select id from space where id = ? ${trx.dialect.forUpdate}`, [spaceId]);
}

async function held(trx: Transaction, id: string): Promise<WorkerPool> {
  const [row] = await run(trx, 'select * from worker_pool where seq = ?', [seqOf(POOL, id)]);
  if (row) return toPool(row);
  throw new NotFoundError('OCTO_POOL_NOT_FOUND', `there is no worker pool ${id}`, { hint: 'octo pool list' });
}

async function refuseTaken(trx: Transaction, spaceId: string, name: string, but: number): Promise<void> {
  const [taken] = await run(trx, 'select seq from worker_pool where space_id = ? and name_key = ? and seq <> ?', [
    spaceId,
    name.toLowerCase(),
    but,
  ]);
  if (taken)
    throw new ConflictError('OCTO_POOL_NAME_TAKEN', `there is a worker pool "${name}" in this space already`, {
      hint: 'choose another name',
    });
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
    details: JSON.parse(String(row['details'])) as Record<string, unknown>,
  };
}
