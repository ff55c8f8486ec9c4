import { ConflictError, OctoError } from '@octo/kernel';
import { type Database, run, type Transaction } from './database.ts';
import { SCHEMA_2 } from './schema-admin.ts';
import { SCHEMA_3 } from './schema-inbound.ts';
import { SCHEMA_4 } from './schema-strays.ts';
import { type Migration, SCHEMA_1 } from './schema.ts';

/** Forward only: a migration that has been released is never edited; what changes comes behind it. */
const MIGRATIONS: readonly Migration[] = [SCHEMA_1, SCHEMA_2, SCHEMA_3, SCHEMA_4];

/**
 * Bring the schema up to date in one transaction. The write lock that it begins with, or the guard, also serves where two
 * processes open a fresh database at once: the second finds everything done.
 */
export async function migrate(db: Database): Promise<void> {
  if ((await versionOf(db)) === MIGRATIONS.length) return;
  await db.write(async (trx) => {
    for (const statement of trx.dialect.migrationGuard) await run(trx, statement);
    await run(trx, 'create table if not exists schema_version (version integer not null)');
    const [row] = await run(trx, 'select max(version) as version from schema_version');
    const version = Number(row?.['version'] ?? 0);
    refuseNewer(version);
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < version) continue;
      await carryOut(migration, trx);
      await run(trx, 'insert into schema_version (version) values (?)', [index + 1]);
    }
  });
}

/** Nearly always it is up to date: then nothing is written, and the builder is not even loaded. */
async function versionOf(db: Database): Promise<number> {
  const [row] = await db.read('select max(version) as version from schema_version').catch((error: unknown) => {
    if (OctoError.is(error)) throw error;
    return []; // a fresh database
  });
  return Number(row?.['version'] ?? 0);
}

/** Numbers of the schema: of the database (0: a fresh one), and of this octo. */
export interface SchemaState {
  readonly found: number;
  readonly known: number;
}

export async function schemaState(db: Database): Promise<SchemaState> {
  const found = await versionOf(db);
  refuseNewer(found);
  return { found, known: MIGRATIONS.length };
}

/** knex says it in the words of the database; the statements run on our own connection (docs/adr/0006). */
async function carryOut(migration: Migration, trx: Transaction): Promise<void> {
  const { default: knex } = await import('knex');
  const builder = knex({ client: trx.dialect.client, useNullAsDefault: true }); // without a connection: it only speaks
  const { schema } = builder;
  migration.draw(schema, builder);
  const statements = schema.toSQL() as unknown as readonly { readonly sql: string }[]; // a list, which its type hides
  for (const { sql } of statements) await run(trx, trx.dialect.shape(sql));
  await migration.fill(trx);
}

/** For whoever only reads, and so cannot bring it up to date. */
export async function checkSchema(db: Database): Promise<void> {
  const [row] = await db.read('select max(version) as version from schema_version');
  const version = Number(row?.['version'] ?? 0);
  refuseNewer(version);
  if (version < MIGRATIONS.length)
    throw new ConflictError(
      'OCTO_STORAGE_OLDER',
      `the database has schema ${version}; this octo reads ${MIGRATIONS.length}`,
      { hint: 'start a command that writes, like octo run: it brings the database up to date' },
    );
}

function refuseNewer(version: number): void {
  if (version <= MIGRATIONS.length) return;
  throw new ConflictError(
    'OCTO_STORAGE_NEWER',
    `the database has schema ${version}; this octo knows ${MIGRATIONS.length} at most`,
    { hint: 'use the octo that last opened this folder, or a newer one' },
  );
}
