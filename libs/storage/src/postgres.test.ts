import { startPostgres } from '@octo/testkit/postgres-server';
import { storageContract } from '@octo/testkit/storage-contract';
import { afterAll, describe } from 'vitest';
import { installPostgres } from './postgres.fixture.ts';
import { tempFolder } from './storage.fixture.ts';
import { openStorage } from './storage.ts';
import { bringUpToDate } from './upkeep.ts';

const server = await startPostgres();
// each test has an installation of its own; the tables need not be drawn anew for each
await server?.copyFrom(async (databaseUrl) => {
  await using folder = await tempFolder();
  await bringUpToDate({ dataDir: folder.dir, databaseUrl });
});
afterAll(() => server?.[Symbol.asyncDispose]());

describe.runIf(server)('PostgreSQL', () => {
  storageContract('PostgreSQL', async () => {
    const { options, ...installation } = await installPostgres(server!);
    return { ...installation, open: (addressOf) => openStorage({ ...options, ...(addressOf && { addressOf }) }) };
  });
});
