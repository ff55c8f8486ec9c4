import { migrate, type SchemaState, schemaState } from './migrate.ts';
import { openPlace } from './place.ts';
import { type StorageOptions } from './storage.ts';

/** How far the schema of an installation is, without changing anything. */
export async function inspectSchema(options: Omit<StorageOptions, 'readOnly'>): Promise<SchemaState> {
  await using place = await openPlace({ ...options, readOnly: true });
  return schemaState(place.db);
}

/** Bring the schema up to date and nothing else: no key is needed or made. Answers with how far it was before. */
export async function bringUpToDate(options: Omit<StorageOptions, 'readOnly'>): Promise<SchemaState> {
  await using place = await openPlace({ ...options, readOnly: false });
  const before = await schemaState(place.db);
  await migrate(place.db);
  return before;
}
