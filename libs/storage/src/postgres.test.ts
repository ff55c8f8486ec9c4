import { startPostgres } from '@octo/testkit/postgres-server';
import { storageContract } from '@octo/testkit/storage-contract';
import { afterAll, describe } from 'vitest';
import { installPostgres } from './postgres.fixture.ts';
import { openStorage } from './storage.ts';

const server = await startPostgres();
afterAll(() => server?.[Symbol.asyncDispose]());

describe.runIf(server)('PostgreSQL', () => {
  storageContract('PostgreSQL', async () => {
    const { options, ...installation } = await installPostgres(server!);
    return { ...installation, open: () => openStorage(options) };
  });
});
