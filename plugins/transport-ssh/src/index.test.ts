import { SSHD, SshServer } from '@octo/testkit/ssh';
import { transportContract } from '@octo/testkit/transport-contract';
import { describe } from 'vitest';
import { underTest } from './ssh.fixture.ts';

describe.skipIf(SSHD === undefined)('OpenSSH', () => {
  transportContract('SSH', async () => underTest(await SshServer.start()));
});
