import { ConflictError, NotFoundError } from '@octo/kernel';
import {
  type Audit,
  type HealthStatus,
  type NewEvent,
  type Page,
  type Worker,
  type WorkerFilter,
  type Workers,
} from '@octo/plane';
import { type Binding, type Database, type Row, run, type Transaction } from './database.ts';
import { writeEvent } from './events.ts';
import { type News } from './news.ts';
import { workerConditions } from './worker-filter.ts';
import { idOf, POOL, seqOf, slugOf, WORKER } from './ids.ts';

/** Indexed address of an endpoint; `''` for none. Transports know it, and they are loaded by whoever opens the storage. */
export type AddressOf = (style: string, endpoint: unknown) => Promise<string>;

export class SqlWorkers implements Workers {
  readonly #db: Database;
  readonly #news: News;
  readonly #addressOf: AddressOf;

  constructor(db: Database, news: News, addressOf: AddressOf) {
    this.#db = db;
    this.#news = news;
    this.#addressOf = addressOf;
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
  async find({ skip, take, ...wanted }: WorkerFilter): Promise<Page<Worker>> {
    const { where, bindings } = workerConditions(wanted);
    const [count] = await this.#db.read(`select count(*) as total from worker where ${where}`, bindings);
    const rows = await this.#db.read(`select * from worker where ${where} order by name_key limit ? offset ?`, [
      ...bindings,
      take,
      skip,
    ]);
    const marks = rows.map(() => '?').join(', ') || 'null';
    const members = await this.#db.read(
      `select * from worker_pool_member where worker_seq in (${marks}) order by pool_seq`,
      rows.map((row) => Number(row['seq'])),
    );
    const byWorker = Map.groupBy(members, (member) => Number(member['worker_seq']));
    const items = rows.map((row) => toWorker(row, byWorker.get(Number(row['seq'])) ?? []));
    return { items, total: Number(count?.['total'] ?? 0) };
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

  async byAddress(style: string, address: string): Promise<readonly Worker[]> {
    if (address === '') return [];
    const found = await this.#db.read('select seq from worker where address = ? and style = ? order by seq', [
      address,
      style,
    ]);
    const workers = await Promise.all(found.map((row) => this.get(idOf(WORKER, row['seq']))));
    return workers.filter((worker) => worker !== undefined);
  }

  async endpoints(workerIds: readonly string[]) {
    const found = new Map<string, Pick<Worker, 'style' | 'endpoint'>>();
    for (let n = 0; n < workerIds.length; n += 300) {
      const seqs = workerIds.slice(n, n + 300).map((id) => seqOf(WORKER, id));
      const marks = seqs.map(() => '?').join(', ');
      const rows = await this.#db.read(`select seq, style, endpoint from worker where seq in (${marks})`, seqs);
      for (const { seq, style, endpoint } of rows)
        found.set(idOf(WORKER, seq), {
          style: String(style),
          endpoint: JSON.parse(String(endpoint)) as Worker['endpoint'],
        });
    }
    return found;
  }

  async readdress(): Promise<number> {
    const rows = await this.#db.read('select seq, style, endpoint, address from worker');
    const changes: [seq: number, address: string][] = [];
    for (const row of rows) {
      const address = await this.#addressOf(String(row['style']), JSON.parse(String(row['endpoint'])));
      if (address !== row['address']) changes.push([Number(row['seq']), address]);
    }
    if (changes.length === 0) return 0;
    await this.#db.write(async (trx) => {
      for (const [seq, address] of changes)
        await run(trx, 'update worker set address = ? where seq = ?', [address, seq]);
    });
    return changes.length;
  }

  async add(worker: Omit<Worker, 'id'>, audit?: Audit<Worker>): Promise<Worker> {
    const address = await this.#addressOf(worker.style, worker.endpoint);
    const added = await this.#db.write((trx) => insertWorker(trx, worker, address, audit));
    this.#news.tell('workers');
    return added;
  }

  async update(worker: Worker, audit: Audit<Worker>): Promise<Worker> {
    const name = worker.name.trim();
    const seq = seqOf(WORKER, worker.id);
    const address = await this.#addressOf(worker.style, worker.endpoint);
    const updated = await this.#db.write(async (trx) => {
      await refuseTaken(trx, worker.spaceId, name, seq);
      const slug = worker.slug || slugOf(name);
      const [row] = await run(
        trx,
        `update worker set name = ?, name_key = ?, slug = ?, machine_policy_id = ?, is_disabled = ?, health = ?,
           status_summary = ?, style = ?, endpoint = ?, details = ?, address = ? where seq = ? returning seq`,
        [name, name.toLowerCase(), slug, ...facts(worker), address, seq],
      );
      if (!row) throw gone(worker.id);
      await run(trx, 'delete from worker_pool_member where worker_seq = ?', [seq]);
      for (const poolId of new Set(worker.poolIds)) await join(trx, seq, poolId);
      const after = { ...worker, name, slug };
      await writeEvent(trx, audit(after));
      return after;
    });
    this.#news.tell('workers');
    return updated;
  }

  async setHealth(
    workerId: string,
    found: Partial<Pick<Worker, 'health' | 'statusSummary' | 'details'>>,
    audit: (worker: Worker, before: Worker) => NewEvent | undefined,
  ): Promise<void> {
    await this.#db.write(async (trx) => {
      const seq = seqOf(WORKER, workerId);
      const [row] = await run(trx, `select * from worker where seq = ? ${trx.dialect.forUpdate}`, [seq]);
      if (!row) return; // deleted meanwhile: nobody needs to know any more
      const before = toWorker(row, await membersOf(trx, seq));
      const after = { ...before, ...found, details: { ...before.details, ...found.details } };
      await run(trx, 'update worker set health = ?, status_summary = ?, details = ? where seq = ?', [
        after.health,
        after.statusSummary,
        JSON.stringify(after.details),
        seq,
      ]);
      const event = before.health === after.health ? undefined : audit(after, before);
      if (event) await writeEvent(trx, event);
    });
  }

  async remove(worker: Worker, nowMs: number, audit: Audit<Worker>): Promise<void> {
    await this.#db.write(async (trx) => {
      await run(trx, `select seq from worker where seq = ? ${trx.dialect.forUpdate}`, [seqOf(WORKER, worker.id)]); // no lease meanwhile
      const leases = await run(trx, 'select task_id from lease where worker_id = ? and until_ms > ? order by seq', [
        worker.id,
        nowMs,
      ]);
      const tasks = [...new Set(leases.map((lease) => String(lease['task_id'])))];
      if (tasks.length > 0)
        throw new ConflictError('OCTO_WORKER_LEASED', `${worker.name} is held by ${tasks.join(', ')}`, {
          hint: 'wait for the tasks, or cancel them; a disabled worker gets no new ones',
        });
      const seq = seqOf(WORKER, worker.id);
      await run(trx, 'delete from worker_pool_member where worker_seq = ?', [seq]);
      await run(trx, 'delete from stray where worker_id = ?', [worker.id]);
      const [row] = await run(trx, 'delete from worker where seq = ? returning seq', [seq]);
      if (!row) throw gone(worker.id);
      await writeEvent(trx, audit(worker));
    });
    this.#news.tell('workers');
  }
}

/** `address`: what `AddressOf` made of its endpoint. */
export async function insertWorker(
  trx: Transaction,
  worker: Omit<Worker, 'id'>,
  address: string,
  audit?: Audit<Worker>,
): Promise<Worker> {
  const name = worker.name.trim();
  await refuseTaken(trx, worker.spaceId, name, 0);
  const slug = worker.slug || slugOf(name);
  const [row] = await run(
    trx,
    `insert into worker (space_id, name, name_key, slug, machine_policy_id, is_disabled, health, status_summary,
       style, endpoint, details, address) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning seq`,
    [worker.spaceId, name, name.toLowerCase(), slug, ...facts(worker), address],
  );
  const seq = Number(row?.['seq']);
  for (const poolId of new Set(worker.poolIds)) await join(trx, seq, poolId);
  const added = { ...worker, name, slug, id: idOf(WORKER, seq) };
  if (audit) await writeEvent(trx, audit(added));
  return added;
}

/** Columns from the policy on, in the order of the statements above. */
function facts(worker: Omit<Worker, 'id'>): readonly Binding[] {
  return [
    worker.machinePolicyId,
    worker.isDisabled ? 1 : 0,
    worker.health,
    worker.statusSummary,
    worker.style,
    JSON.stringify(worker.endpoint),
    JSON.stringify(worker.details),
  ];
}

function membersOf(trx: Transaction, seq: number): Promise<readonly Row[]> {
  return run(trx, 'select pool_seq from worker_pool_member where worker_seq = ? order by pool_seq', [seq]);
}
function gone(id: string): NotFoundError {
  return new NotFoundError('OCTO_WORKER_NOT_FOUND', `there is no worker ${id}`, { hint: 'octo worker list' });
}

async function refuseTaken(trx: Transaction, spaceId: string, name: string, but: number): Promise<void> {
  const [taken] = await run(trx, 'select seq from worker where space_id = ? and name_key = ? and seq <> ?', [
    spaceId,
    name.toLowerCase(),
    but,
  ]);
  if (taken)
    throw new ConflictError('OCTO_WORKER_NAME_TAKEN', `there is a worker "${name}" in this space already`, {
      hint: 'choose another name, or edit that worker',
    });
}

async function join(trx: Transaction, seq: number, poolId: string): Promise<void> {
  const [pool] = await run(trx, 'select seq from worker_pool where seq = ?', [seqOf(POOL, poolId)]);
  if (!pool)
    throw new NotFoundError('OCTO_POOL_NOT_FOUND', `there is no worker pool ${poolId}`, { hint: 'octo pool list' });
  await run(trx, 'insert into worker_pool_member (worker_seq, pool_seq) values (?, ?)', [seq, pool['seq'] as number]);
}

export function toWorker(row: Row, members: readonly Row[]): Worker {
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
    details: JSON.parse(String(row['details'])) as Record<string, unknown>,
  };
}
