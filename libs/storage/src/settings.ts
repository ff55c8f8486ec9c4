import { type ApiKey, type ApiKeys, type Settings, type SpaceRecord, type Spaces } from '@octo/plane';
import { type Database, type Row } from './database.ts';
import { API_KEY, idOf } from './ids.ts';

export class SqlSettings implements Settings {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }
  async get<T>(name: string, fallback: T): Promise<T> {
    const [row] = await this.#db.read('select value from setting where name = ?', [name]);
    return row ? (JSON.parse(String(row['value'])) as T) : fallback; // what set() stored under this name
  }
  async set(name: string, value: unknown): Promise<void> {
    await this.#db.execute(
      'insert into setting (name, value) values (?, ?) on conflict (name) do update set value = excluded.value',
      [name, JSON.stringify(value)],
    );
  }
}

export class SqlApiKeys implements ApiKeys {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }
  async add(key: { readonly hash: string; readonly hint: string; readonly purpose: string; readonly nowMs: number }) {
    const [row] = await this.#db.execute(
      'insert into api_key (hash, hint, purpose, created_ms) values (?, ?, ?, ?) returning *',
      [key.hash, key.hint, key.purpose, key.nowMs],
    );
    return toApiKey(row as Row);
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
  };
}

export class SqlSpaces implements Spaces {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }
  async list(): Promise<readonly SpaceRecord[]> {
    return (await this.#db.read('select * from space order by name')).map((row) => ({
      id: String(row['id']),
      name: String(row['name']),
      slug: String(row['slug']),
      isDefault: Number(row['is_default']) === 1,
    }));
  }
}
