import { fakeHost, openingOf, realClock } from '@octo/testkit';
import { transportContract, type TransportUnderTest } from '@octo/testkit/transport-contract';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtIn } from './index.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };

transportContract('the built-in worker', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'octo-builtin-'));
  const deps = { host: fakeHost(dataDir), clock: realClock, logger, own: { graceMs: 300 } };
  const make = () => builtIn.create(deps as never) as Awaited<ReturnType<TransportUnderTest<object>['reopen']>>; // endpoints are parsed before
  const transport = make();
  return {
    transport,
    opening: openingOf({}),
    reopen: async () => make(),
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]?.();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
});
