import { type AuditEvent, type EventFilter, type Events, type NewEvent, type Page } from '@octo/plane';
import { type Binding, type Database, type Row, run, type Transaction } from './database.ts';
import { EVENT, idOf, seqOf } from './ids.ts';

export class SqlEvents implements Events {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async list(filter: EventFilter): Promise<Page<AuditEvent>> {
    const { sql, bindings } = conditions(filter);
    const [count] = await this.#db.read(`select count(*) as total from event where ${sql}`, bindings);
    const rows = await this.#db.read(`select * from event where ${sql} order by seq desc limit ? offset ?`, [
      ...bindings,
      filter.take,
      filter.skip,
    ]);
    return { items: rows.map(toEvent), total: Number(count?.['total'] ?? 0) };
  }

  async get(eventId: string): Promise<AuditEvent | undefined> {
    const [row] = await this.#db.read('select * from event where seq = ?', [seqOf(EVENT, eventId)]);
    return row && toEvent(row);
  }

  async add(event: NewEvent): Promise<void> {
    await this.#db.write((trx) => writeEvent(trx, event));
  }

  async sweep(beforeMs: number): Promise<number> {
    return (await this.#db.execute('delete from event where occurred_ms < ? returning seq', [beforeMs])).length;
  }
}

/** In the transaction of the change that it tells of: neither without the other. */
export async function writeEvent(trx: Transaction, event: NewEvent): Promise<void> {
  const { spaceId, category, documentType, atMs, actor, message, documentIds, differences } = event;
  const facts = JSON.stringify({ actor, message, documentIds, differences });
  const [row] = await run(
    trx,
    `insert into event (space_id, category, user_id, document_type, occurred_ms, facts) values (?, ?, ?, ?, ?, ?)
     returning seq`,
    [spaceId ?? '', category, actor.userId, documentType, atMs, facts],
  );
  for (const id of new Set([...documentIds, actor.userId].map((it) => it.toLowerCase())))
    await run(trx, 'insert into event_document (event_seq, id_key) values (?, ?)', [row?.['seq'] as number, id]);
}

function conditions(filter: EventFilter): { readonly sql: string; readonly bindings: readonly Binding[] } {
  const parts: string[] = ['1 = 1'];
  const bindings: Binding[] = [];
  const add = (sql: string, ...values: readonly Binding[]) => {
    parts.push(sql);
    bindings.push(...values);
  };
  const among = (column: string, values: readonly string[] | undefined) => {
    if (values) add(`${column} in (${marks(values)})`, ...values);
  };
  among(
    'space_id',
    filter.spaceIds?.map((id) => id ?? ''),
  );
  among('category', filter.categories);
  among('user_id', filter.userIds);
  among('document_type', filter.documentTypes);
  if (filter.regarding)
    add(
      `seq in (select event_seq from event_document where id_key in (${marks(filter.regarding)}))`,
      ...filter.regarding.map((id) => id.toLowerCase()),
    );
  if (filter.fromMs !== undefined) add('occurred_ms >= ?', filter.fromMs);
  if (filter.toMs !== undefined) add('occurred_ms <= ?', filter.toMs);
  if (filter.fromNumber !== undefined) add('seq >= ?', filter.fromNumber);
  if (filter.toNumber !== undefined) add('seq <= ?', filter.toNumber);
  return { sql: parts.join(' and '), bindings };
}
const marks = (values: readonly unknown[]) => (values.length === 0 ? 'null' : values.map(() => '?').join(', '));

function toEvent(row: Row): AuditEvent {
  const facts = JSON.parse(String(row['facts'])) as Pick<
    AuditEvent,
    'actor' | 'message' | 'documentIds' | 'differences'
  >; // by writeEvent
  return {
    ...facts,
    id: idOf(EVENT, row['seq']),
    spaceId: String(row['space_id']) || null,
    category: String(row['category']),
    documentType: String(row['document_type']),
    atMs: Number(row['occurred_ms']),
  };
}
