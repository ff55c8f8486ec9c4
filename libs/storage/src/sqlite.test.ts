import { storageContract } from '@octo/testkit/storage-contract';
import { tempFolder } from './storage.fixture.ts';
import { openStorage } from './storage.ts';

storageContract('SQLite', async () => {
  const folder = await tempFolder();
  return {
    open: (addressOf) => openStorage({ dataDir: folder.dir, ...(addressOf && { addressOf }) }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});
