import { ConflictError } from '@octo/kernel';
import { type Pools, type WorkerPool } from '@octo/plane';
import { type Database, type Row, run } from './database.ts';
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

  add(pool: Omit<WorkerPool, 'id'>): Promise<WorkerPool> {
    const name = pool.name.trim();
    const key = name.toLowerCase();
    return this.#db.write(async (trx) => {
      await run(trx, `select id from space where id = ? ${trx.dialect.forUpdate}`, [pool.spaceId]); // one default in it
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
