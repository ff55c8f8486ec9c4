import { launchOf, readToEnd } from '@octo/testkit';
import { SSHD, SshServer } from '@octo/testkit/ssh';
import { hastyClock } from '@octo/testkit/transport-faults';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newTransport, openingTo } from './ssh.fixture.ts';

const limit = () => AbortSignal.timeout(20_000);
let tickets = 0;
const newTicket = () => `d${process.pid}x${++tickets}`;

describe.skipIf(SSHD === undefined)('a machine behind OpenSSH whose disk is full', () => {
  test.skipIf(process.getuid?.() !== 0)(
    'a full disk is told as such; nothing hangs, and it goes on when there is room',
    async () => {
      await using server = await SshServer.start();
      await using transport = newTransport(hastyClock);
      const disk = join(server.dir, 'disk');
      mkdirSync(disk);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk], { stdio: 'ignore' });
      } catch {
        return; // not every container may mount
      }
      try {
        const session = await transport.open(openingTo(server, { Folder: join(disk, 'octo') }), limit());
        const ticket = newTicket();
        await session.start(ticket, launchOf(`echo begun; head -c 1000000 /dev/zero > fill; echo filled`), limit());
        const { last } = await readToEnd(session, ticket);
        expect(['exited', 'unknown']).toContain(last.end);
        const large = { sizeBytes: 900_000, async *open() { yield Buffer.alloc(900_000); } }; // prettier-ignore
        await expect(session.upload('large', large, limit())).rejects.toMatchObject({
          code: 'OCTO_TRANSPORT_SSH_DISK',
        });
        await expect(session.start(newTicket(), launchOf(`: ${'x'.repeat(100_000)}`), limit())).rejects.toMatchObject({
          code: 'OCTO_TRANSPORT_SSH_DISK',
          started: 'no',
        });
        await session.complete({ ticket }, '', limit());
        const after = newTicket();
        await session.start(after, launchOf('echo room again'), limit());
        expect((await readToEnd(session, after)).texts).toEqual(['room again']);
        await session.complete({ ticket: after }, '', limit());
        const much = newTicket();
        await session.start(much, launchOf('for n in $(seq 1 20000); do printf "%060d\\n" $n; done; exit 3'), limit());
        const seen = await readToEnd(session, much);
        expect(seen.texts.length).toBeLessThan(20_000);
        expect(seen.last).toMatchObject({ exitCode: 3, detail: 'the disk of the machine was full, so that lines may be missing' }); // prettier-ignore
        await session.complete({ ticket: much }, '', limit());
        expect(readdirSync(join(disk, 'octo')).filter((name) => name.startsWith('large'))).toEqual([]);
      } finally {
        await transport[Symbol.asyncDispose]();
        execFileSync('umount', ['-l', disk]);
        await rm(disk, { recursive: true, force: true });
      }
    },
  );
});
