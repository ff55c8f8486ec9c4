import { type Opening, type Transport } from '@octo/kernel';
import { fakeHost, openingOf, realClock } from '@octo/testkit';
import { transportContract } from '@octo/testkit/transport-contract';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtIn } from './index.ts';

transportContract('the built-in worker', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'octo-builtin-'));
  const transport = builtIn.create({ host: fakeHost(dataDir), clock: realClock } as never) as Transport<object> &
    AsyncDisposable;
  const opening: Opening<object> = openingOf({});
  return {
    transport,
    opening,
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
});
