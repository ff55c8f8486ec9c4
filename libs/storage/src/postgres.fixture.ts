import { type PostgresServer } from '@octo/testkit/postgres-server';
import { tempFolder } from './storage.fixture.ts';

export const IMPATIENT = { awayLimitMs: 5_000, graceMs: 0 };

/** A fresh database with its data folder. */
export async function installPostgres(server: PostgresServer) {
  const [folder, databaseUrl] = [await tempFolder(), await server.fresh()];
  return {
    options: { dataDir: folder.dir, databaseUrl, postgres: IMPATIENT },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
