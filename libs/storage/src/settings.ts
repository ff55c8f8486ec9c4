import { NotFoundError } from '@octo/kernel';
import { type ApiKey, type ApiKeys, type Audit, type NewEvent, type Settings } from '@octo/plane';
import { type Database, type Row, run } from './database.ts';
import { writeEvent } from './events.ts';
import { API_KEY, idOf, seqOf } from './ids.ts';

export class SqlSettings implements Settings {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }
  async get<T>(name: string, fallback: T): Promise<T> {
    const [row] = await this.#db.read('select value from setting where name = ?', [name]);
    return row ? (JSON.parse(String(row['value'])) as T) : fallback; // what set() stored under this name
  }
  async set(name: string, value: unknown, audit?: NewEvent): Promise<void> {
    await this.#db.write(async (trx) => {
      await run(
        trx,
        'insert into setting (name, value) values (?, ?) on conflict (name) do update set value = excluded.value',
        [name, JSON.stringify(value)],
      );
      if (audit) await writeEvent(trx, audit);
    });
  }
  async swap(name: string, from: unknown, to: unknown): Promise<boolean> {
    const [old, next] = [JSON.stringify(from), JSON.stringify(to)];
    return this.#db.write(async (trx) => {
      const made =
        from === null
          ? await run(
              trx,
              'insert into setting (name, value) values (?, ?) on conflict (name) do nothing returning name',
              [name, next],
            )
          : await run(trx, 'update setting set value = ? where name = ? and value = ? returning name', [
              next,
              name,
              old,
            ]);
      return made.length === 1;
    });
  }
}

export class SqlApiKeys implements ApiKeys {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }
  add(key: Omit<ApiKey, 'id'> & { readonly hash: string }, audit?: Audit<ApiKey>): Promise<ApiKey> {
    return this.#db.write(async (trx) => {
      const [row] = await run(
        trx,
        'insert into api_key (hash, hint, purpose, created_ms, user_id, expires_ms) values (?, ?, ?, ?, ?, ?) returning *',
        [key.hash, key.hint, key.purpose, key.createdAtMs, key.userId, key.expiresAtMs ?? null],
      );
      const added = toApiKey(row as Row);
      if (audit) await writeEvent(trx, audit(added));
      return added;
    });
  }
  async list(userId: string): Promise<readonly ApiKey[]> {
    return (await this.#db.read('select * from api_key where user_id = ? order by seq', [userId])).map(toApiKey);
  }
  async remove(keyId: string, audit: Audit<ApiKey>): Promise<void> {
    await this.#db.write(async (trx) => {
      const [row] = await run(trx, 'delete from api_key where seq = ? returning *', [seqOf(API_KEY, keyId)]);
      if (!row) throw new NotFoundError('OCTO_DOCUMENT_GONE', `there is no ${keyId}`, { hint: 'octo api-key list' });
      await writeEvent(trx, audit(toApiKey(row)));
    });
  }
  async find(hash: string): Promise<ApiKey | undefined> {
    const [row] = await this.#db.read('select * from api_key where hash = ?', [hash]);
    return row && toApiKey(row);
  }
  async count(): Promise<number> {
    const [row] = await this.#db.read('select count(*) as total from api_key');
    return Number(row?.['total'] ?? 0);
  }
}

function toApiKey(row: Row): ApiKey {
  return {
    id: idOf(API_KEY, row['seq']),
    purpose: String(row['purpose']),
    hint: String(row['hint']),
    createdAtMs: Number(row['created_ms']),
    userId: String(row['user_id']),
    ...(row['expires_ms'] !== null && { expiresAtMs: Number(row['expires_ms']) }),
  };
}
