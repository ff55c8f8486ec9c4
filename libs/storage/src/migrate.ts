import { ConflictError } from '@octo/kernel';
import { type Database, run, type Transaction } from './database.ts';
import { createTables, type Words } from './schema.ts';

type Migration = (trx: Transaction, words: Words) => Promise<void>;

/** Forward only: a migration that has been released is never edited; what changes comes behind it. */
const MIGRATIONS: readonly Migration[] = [createTables];

/**
 * Bring the schema up to date in one transaction. The write lock that it begins with also guards against two processes
 * that open a fresh folder at once: the second finds everything done.
 */
export async function migrate(db: Database, words: Words): Promise<void> {
  await db.write(async (trx) => {
    await run(trx, 'create table if not exists schema_version (version integer not null)');
    const [row] = await run(trx, 'select max(version) as version from schema_version');
    const version = Number(row?.['version'] ?? 0);
    refuseNewer(version);
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < version) continue;
      await migration(trx, words);
      await run(trx, 'insert into schema_version (version) values (?)', [index + 1]);
    }
  });
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
