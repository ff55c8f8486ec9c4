import { storageContract } from '@octo/testkit/storage-contract';
import { tempFolder } from './storage.fixture.ts';
import { openStorage } from './storage.ts';

storageContract('SQLite', async () => {
  const folder = await tempFolder();
  return {
    open: () => openStorage({ dataDir: folder.dir }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});
