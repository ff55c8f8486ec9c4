import { ConflictError, NotFoundError } from '@octo/kernel';
import { type Audit, type Document, type DocumentChange, type Documents, type NewDocument } from '@octo/plane';
import { type Database, type Row, run, type Transaction } from './database.ts';
import { writeEvent } from './events.ts';
import { slugOf } from './ids.ts';
import { type Vault } from './vault.ts';

type Secrets = Readonly<Record<string, string>>;

/** See `Documents`. The secrets of one document are sealed together. */
export class SqlDocuments implements Documents {
  readonly #db: Database;
  readonly #vault: Vault;

  constructor(db: Database, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
  }

  async list(kind: string, spaceId?: string | null): Promise<readonly Document[]> {
    const where = spaceId === undefined ? '' : 'and space_id = ?';
    const bindings = spaceId === undefined ? [kind] : [kind, spaceId ?? ''];
    const rows = await this.#db.read(`select * from document where kind = ? ${where} order by name_key`, bindings);
    return rows.map(toDocument);
  }

  async get(kind: string, id: string): Promise<Document | undefined> {
    const [row] = await this.#db.read('select * from document where kind = ? and id_key = ?', [kind, id.toLowerCase()]);
    return row && toDocument(row);
  }

  async secretsOf(kind: string, id: string): Promise<Secrets> {
    const [row] = await this.#db.read('select * from document where kind = ? and id_key = ?', [kind, id.toLowerCase()]);
    return row ? this.#open(row) : {};
  }

  add(document: NewDocument, audit: Audit<Document>): Promise<Document> {
    return this.#db.write(async (trx) => {
      const id = document.id ?? `${document.prefix}-${await nextNumber(trx, document.kind)}`;
      await refuseTaken(trx, document.kind, document.spaceId, document.name, '');
      return this.#store(trx, { ...document, id, version: 1 }, {}, audit);
    });
  }

  update(
    which: Pick<Document, 'kind' | 'id' | 'version'>,
    change: DocumentChange,
    audit: Audit<Document>,
  ): Promise<Document> {
    return this.#db.write(async (trx) => {
      const row = await held(trx, which);
      if (Number(row['version']) !== which.version)
        throw new ConflictError('OCTO_DOCUMENT_STALE', `${which.id} was changed by somebody else meanwhile`, {
          hint: 'read it again, and repeat the change',
        });
      const { kind, id, spaceId } = toDocument(row);
      await refuseTaken(trx, kind, spaceId, change.name, id.toLowerCase());
      await run(trx, 'delete from document where kind = ? and id_key = ?', [kind, id.toLowerCase()]);
      return this.#store(trx, { ...change, kind, id, spaceId, version: which.version + 1 }, this.#open(row), audit);
    });
  }

  async remove(which: Pick<Document, 'kind' | 'id'>, audit: Audit<Document>): Promise<void> {
    await this.#db.write(async (trx) => {
      const document = toDocument(await held(trx, which));
      await run(trx, 'delete from document where kind = ? and id_key = ?', [which.kind, which.id.toLowerCase()]);
      await writeEvent(trx, audit(document));
    });
  }

  async #store(
    trx: Transaction,
    document: DocumentChange & Pick<Document, 'kind' | 'id' | 'spaceId' | 'version'>,
    known: Secrets,
    audit: Audit<Document>,
  ): Promise<Document> {
    const { kind, id, spaceId, version, members, secrets: changed = {} } = document;
    const merged = Object.entries({ ...known, ...changed }).filter(([, text]) => text !== null);
    const secrets = Object.fromEntries(merged) as Secrets; // without the nulls
    const name = document.name.trim();
    const stored: Document = {
      kind,
      id,
      spaceId,
      version,
      members,
      name,
      slug: document.slug || slugOf(name),
      secretNames: Object.keys(secrets),
      modifiedAtMs: 0,
      modifiedBy: '',
    };
    const event = audit(stored);
    const whole: Document = { ...stored, modifiedAtMs: event.atMs, modifiedBy: event.actor.username };
    await run(
      trx,
      `insert into document (kind, id_key, id, space_id, name, name_key, slug, version, members, secret_names, sealed,
         modified_ms, modified_by) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        kind,
        id.toLowerCase(),
        id,
        spaceId ?? '',
        name,
        name.toLowerCase(),
        whole.slug,
        version,
        JSON.stringify(members),
        JSON.stringify(whole.secretNames),
        whole.secretNames.length > 0 ? this.#vault.seal(`secrets of ${id}`, secrets) : Buffer.alloc(0),
        whole.modifiedAtMs,
        whole.modifiedBy,
      ],
    );
    await writeEvent(trx, event);
    return whole;
  }

  #open(row: Row): Secrets {
    if ((row['sealed'] as Uint8Array).length === 0) return {};
    return this.#vault.open(`secrets of ${String(row['id'])}`, row['sealed']) as Secrets; // sealed above
  }
}

/** Numbers are never given twice, also not those of what was deleted: the audit speaks of them. */
export async function nextNumber(trx: Transaction, name: string): Promise<number> {
  const [row] = await run(
    trx,
    'insert into counter (name, last) values (?, 1) on conflict (name) do update set last = counter.last + 1 returning last',
    [name],
  );
  return Number(row?.['last']);
}

async function held(trx: Transaction, { kind, id }: Pick<Document, 'kind' | 'id'>): Promise<Row> {
  const one = `select * from document where kind = ? and id_key = ? ${trx.dialect.forUpdate}`;
  const [row] = await run(trx, one, [kind, id.toLowerCase()]);
  if (row) return row;
  throw new NotFoundError('OCTO_DOCUMENT_GONE', `there is no ${id}`, { hint: 'list what there is; it may be deleted' });
}

async function refuseTaken(trx: Transaction, kind: string, spaceId: string | null, name: string, but: string) {
  const [taken] = await run(
    trx,
    'select id from document where kind = ? and space_id = ? and name_key = ? and id_key <> ?',
    [kind, spaceId ?? '', name.trim().toLowerCase(), but],
  );
  if (taken)
    throw new ConflictError('OCTO_DOCUMENT_NAME', `the name "${name.trim()}" is taken by ${String(taken['id'])}`, {
      hint: 'choose another name',
    });
}

function toDocument(row: Row): Document {
  return {
    kind: String(row['kind']),
    id: String(row['id']),
    spaceId: String(row['space_id']) || null,
    name: String(row['name']),
    slug: String(row['slug']),
    version: Number(row['version']),
    members: JSON.parse(String(row['members'])) as Record<string, unknown>, // as stored above
    secretNames: JSON.parse(String(row['secret_names'])) as string[],
    modifiedAtMs: Number(row['modified_ms']),
    modifiedBy: String(row['modified_by']),
  };
}
