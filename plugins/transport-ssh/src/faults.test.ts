import { Forwarder } from '@octo/testkit/faults';
import { SSHD, SshServer } from '@octo/testkit/ssh';
import { type FaultyTransport, hastyClock, transportFaults } from '@octo/testkit/transport-faults';
import { describe } from 'vitest';
import { newTransport, openingTo } from './ssh.fixture.ts';

async function faulty(): Promise<FaultyTransport> {
  const server = await SshServer.start();
  const forwarder = await Forwarder.listen({ port: server.port });
  const transport = newTransport(hastyClock);
  return {
    forwarder,
    answer: { direction: 'down', atChunk: 1 },
    open(retryTimeLimitMs) {
      const opening = openingTo(server, { Port: forwarder.port });
      return transport.open(
        { ...opening, limits: { ...opening.limits, retryTimeLimitMs } },
        AbortSignal.timeout(5_000),
      );
    },
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
      await forwarder[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(SSHD === undefined)('OpenSSH', () => {
  transportFaults('SSH', faulty, true);
});
