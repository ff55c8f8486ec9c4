import { SSHD, SshServer } from '@octo/testkit/ssh';
import { transportContract, type TransportUnderTest } from '@octo/testkit/transport-contract';
import { describe } from 'vitest';
import { newTransport, openingTo } from './ssh.fixture.ts';

async function under(): Promise<TransportUnderTest<object>> {
  const server = await SshServer.start();
  const transport = newTransport();
  return {
    transport,
    opening: openingTo(server),
    reopen: async () => newTransport(),
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(SSHD === undefined)('OpenSSH', () => {
  transportContract('SSH', under);
});
