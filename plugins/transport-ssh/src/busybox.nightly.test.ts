import { SSHD, SshServer } from '@octo/testkit/ssh';
import { transportContract, type TransportUnderTest } from '@octo/testkit/transport-contract';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { underTest } from './ssh.fixture.ts';

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'].find((file) => spawnSync(file, ['true']).status === 0);

/** A machine with nothing but busybox and bash, as Alpine is: every small program is busybox's own. */
async function under(): Promise<TransportUnderTest<object>> {
  const bin = '.bin';
  const server = await SshServer.start({ config: [`ForceCommand PATH="$HOME/${bin}" exec "$HOME/${bin}/sh"`] });
  const dir = join(server.home, bin);
  mkdirSync(dir);
  execFileSync(BUSYBOX ?? '', ['--install', '-s', dir]);
  symlinkSync(execFileSync('sh', ['-c', 'command -v bash'], { encoding: 'utf8' }).trim(), join(dir, 'bash'));
  return underTest(server);
}

describe.skipIf(SSHD === undefined || BUSYBOX === undefined)('OpenSSH, and busybox behind it', () => {
  transportContract('SSH to busybox', under);
});
