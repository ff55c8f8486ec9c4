import { type Stray, type Strays } from '@octo/plane';
import { type Database, type Row } from './database.ts';
import { type News } from './news.ts';

export class SqlStrays implements Strays {
  readonly #db: Database;
  readonly #news: News;

  constructor(db: Database, news: News) {
    this.#db = db;
    this.#news = news;
  }

  async add(stray: Stray): Promise<void> {
    const { ticket, handle = null, cursor, workerId, taskId, sinceMs, why, isExclusive } = stray;
    await this.#db.execute(
      `insert into stray (ticket, handle, cursor, worker_id, task_id, since_ms, why, exclusive)
       values (?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (ticket) do update set handle = excluded.handle, cursor = excluded.cursor, why = excluded.why`,
      [ticket, handle, cursor, workerId, taskId, sinceMs, why, isExclusive ? 1 : 0],
    );
  }

  async remove(ticket: string): Promise<boolean> {
    const [known] = await this.#db.read('select 1 from stray where ticket = ?', [ticket]);
    if (!known) return false; // nearly always: nothing is written
    await this.#db.execute('delete from stray where ticket = ?', [ticket]);
    this.#news.tell('leases'); // its worker may take work again
    return true;
  }

  async list(): Promise<readonly Stray[]> {
    return (await this.#db.read('select * from stray order by since_ms, ticket')).map(toStray);
  }
}

function toStray(row: Row): Stray {
  const { handle } = row;
  return {
    ticket: String(row['ticket']),
    ...(typeof handle === 'string' && { handle }),
    cursor: String(row['cursor']),
    workerId: String(row['worker_id']),
    taskId: String(row['task_id']),
    sinceMs: Number(row['since_ms']),
    why: String(row['why']),
    isExclusive: Number(row['exclusive']) === 1,
  };
}
