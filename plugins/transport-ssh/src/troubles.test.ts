import { type Session } from '@octo/kernel';
import { launchOf, readToEnd, readUntil, word } from '@octo/testkit';
import { Forwarder } from '@octo/testkit/faults';
import { SSHD, SshServer } from '@octo/testkit/ssh';
import { hastyClock } from '@octo/testkit/transport-faults';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { newTransport, openingTo, type SshTransport } from './ssh.fixture.ts';

const limit = () => AbortSignal.timeout(20_000);
let tickets = 0;
const newTicket = () => `s${process.pid}x${++tickets}`;

async function sessionTo(
  transport: SshTransport,
  server: SshServer,
  more: object = {},
  patienceMs = 10_000,
): Promise<Session> {
  const opening = openingTo(server, more);
  return transport.open({ ...opening, limits: { ...opening.limits, retryTimeLimitMs: patienceMs } }, limit());
}

/** What octo has left below its folder: tickets and workspaces. */
function left(server: SshServer): readonly string[] {
  const root = join(server.home, 'octo');
  return ['t', 'w', 'm'].flatMap((dir) => readdirSync(join(root, dir)).flatMap((name) => (dir === 'm' ? readdirSync(join(root, dir, name)) : [`${dir}/${name}`]))); // prettier-ignore
}

// Each has a server of its own; most of their time is the waiting.
describe.skipIf(SSHD === undefined).concurrent('trouble with a machine behind OpenSSH', () => {
  test('after a script nothing is left on the machine, and after the connections not even a prepared folder', async () => {
    await using server = await SshServer.start();
    const transport = newTransport();
    const session = await sessionTo(transport, server);
    const ticket = newTicket();
    await session.start(ticket, launchOf('echo "$OCTO_TICKET" "$TMPDIR"; touch "$TMPDIR/x"'), limit());
    const { texts } = await readToEnd(session, ticket);
    expect(texts[0]).toMatch(new RegExp(`^${ticket} ${server.home}/octo/w/.*/tmp$`));
    await session.complete({ ticket }, '', limit());
    await transport[Symbol.asyncDispose]();
    await expect.poll(() => left(server), { timeout: 5_000 }).toEqual([]);
  });

  test('kill -9 of the SSH server and all its connections: the script goes on, and its lines come whole', async () => {
    await using server = await SshServer.start();
    await using transport = newTransport(hastyClock);
    const session = await sessionTo(transport, server);
    const ticket = newTicket();
    await session.start(ticket, launchOf('for n in $(seq 1 30); do echo $n; sleep 0.03; done; exit 5'), limit());
    const { lines, next } = await readUntil(session, ticket, '3');
    await server.kill();
    const reading = readToEnd(session, ticket, next);
    await sleep(100);
    await server.restart();
    const { texts, last } = await reading;
    const all = [...lines.map((it) => it.text), ...texts];
    expect(all).toEqual(Array.from({ length: 30 }, (_, n) => String(n + 1)));
    expect(last).toMatchObject({ end: 'exited', exitCode: 5 });
    await session.complete({ ticket }, '', limit());
  });

  test('the host key changes while a script runs: nobody reads on until it is accepted, and then nothing is lost (I15)', async () => {
    await using server = await SshServer.start();
    await using transport = newTransport(hastyClock);
    const session = await sessionTo(transport, server);
    const ticket = newTicket();
    await session.start(ticket, launchOf('echo one; sleep 0.5; echo two'), limit());
    const { next } = await readUntil(session, ticket, 'one');
    await server.replaceHostKey();
    await expect(readToEnd(session, ticket, next)).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_SSH_HOST_KEY' });
    const accepted = await sessionTo(transport, server, { Fingerprint: server.fingerprint() });
    expect((await readToEnd(accepted, ticket, next)).texts).toEqual(['two']);
    await accepted.complete({ ticket }, '', limit());
  });

  test.each(['MaxSessions 2', 'MaxSessions 1', 'MaxStartups 1:100:1'])(
    'a server with %s runs many scripts at once all the same, and each once',
    async (line) => {
      await using server = await SshServer.start({ config: [line] });
      await using transport = newTransport(hastyClock);
      const session = await sessionTo(transport, server, {}, 20_000);
      const all = await Promise.all(
        Array.from({ length: 24 }, async (_, n) => {
          const ticket = newTicket();
          const file = join(server.dir, ticket);
          await session.start(ticket, launchOf(`echo ran >> ${word(file)}; echo ${n}; sleep 0.2; echo end`), limit());
          const { texts } = await readToEnd(session, ticket, '', 2_000);
          await session.complete({ ticket }, '', limit());
          return [...texts, readFileSync(file, 'utf8')];
        }),
      );
      expect(all).toEqual(Array.from({ length: 24 }, (_, n) => [String(n), 'end', 'ran\n']));
    },
    40_000,
  );

  test('a wait for news gives way to others who need the machine', async () => {
    await using server = await SshServer.start({ config: ['MaxSessions 1'] });
    await using transport = newTransport();
    const session = await sessionTo(transport, server);
    const quiet = Array.from({ length: 8 }, newTicket); // more than there are channels
    for (const ticket of quiet) await session.start(ticket, launchOf('sleep 60'), limit());
    const stop = new AbortController();
    let ended = 0;
    const waits = quiet.map(
      (ticket) =>
      session.status({ ticket }, { after: '', waitMs: 600_000 }, stop.signal).then(() => ended++, () => {}), // prettier-ignore
    );
    const ticket = newTicket();
    await session.start(ticket, launchOf('echo quick'), limit());
    expect((await readToEnd(session, ticket)).texts).toEqual(['quick']);
    expect(ended).toBe(0); // it came between them
    stop.abort();
    await Promise.all(waits);
    for (const it of quiet) await session.cancel({ ticket: it }, limit());
    for (const it of [...quiet, ticket]) {
      await readToEnd(session, it);
      await session.complete({ ticket: it }, '', limit());
    }
  }, 60_000);

  test.each([
    ['start', 'up', 'stall'],
    ['start', 'down', 'stall'],
    ['output', 'down', 'stall'],
    ['cancel', 'up', 'stall'],
    ['cancel', 'down', 'stall'],
    ['start', 'up', 'half-close'],
    ['start', 'down', 'half-close'],
    ['output', 'up', 'half-close'],
    ['output', 'down', 'half-close'],
    ['cancel', 'up', 'half-close'],
    ['cancel', 'down', 'half-close'],
  ] as const)(
    'at %s, %s, the network meets a %s: it is noticed, and the truth comes over another connection',
    async (phase, direction, kind) => {
      await using server = await SshServer.start();
      await using forwarder = await Forwarder.listen({ port: server.port });
      await using transport = newTransport(hastyClock);
      const session = await sessionTo(transport, server, { Port: forwarder.port }, 20_000);
      const silence = () => {
        for (const connection of forwarder.connections)
          if (connection.isOpen) connection.arm({ direction, fault: { kind }, atChunk: 1 });
      };
      const ticket = newTicket();
      const file = join(server.dir, ticket);
      const body = phase === 'cancel' ? 'echo 1; sleep 60' : 'for n in 1 2 3; do echo $n; sleep 0.2; done; exit 3';
      if (phase === 'start') silence();
      await session.start(ticket, launchOf(`echo ran >> ${word(file)}; ${body}`), limit());
      if (phase === 'output') silence();
      if (phase === 'cancel') {
        await readUntil(session, ticket, '1');
        silence();
        await session.cancel({ ticket }, limit());
      }
      const { texts, last } = await readToEnd(session, ticket);
      expect(texts).toEqual(phase === 'cancel' ? ['1'] : ['1', '2', '3']);
      expect(last).toMatchObject(phase === 'cancel' ? { end: 'stopped' } : { end: 'exited', exitCode: 3 });
      expect(readFileSync(file, 'utf8')).toBe('ran\n');
      await session.complete({ ticket }, '', limit());
    },
    40_000,
  );

  test('what the login scripts of the account say does not disturb, and a forced command is named', async () => {
    const noise = join(tmpdir(), `octo-noise-${process.pid}`);
    await writeFile(noise, 'echo Welcome to this machine; echo and have a nice day >&2\n');
    await using noisy = await SshServer.start({ config: [`SetEnv BASH_ENV=${noise}`] });
    await using transport = newTransport();
    expect(await (await sessionTo(transport, noisy)).capabilities(limit())).toMatchObject({ startsOnce: true });
    await rm(noise);
    await using forced = await SshServer.start({
      config: ['ForceCommand echo this account is for files only; exit 1'],
    });
    await expect(sessionTo(transport, forced, {}, 100)).rejects.toMatchObject({
      code: 'OCTO_TRANSPORT_SSH_SHELL',
      isReached: true, // Unhealthy, not Unavailable (R85)
      message: expect.stringContaining('this account is for files only') as string,
    });
    await using sftp = await SshServer.start({ config: ['ForceCommand internal-sftp'] });
    await expect(sessionTo(transport, sftp, {}, 100)).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_SSH_SHELL' });
  });

  test('a connection that is cut while the login scripts still talk is tried again, and is no refusal', async () => {
    await using server = await SshServer.start({ config: ['ForceCommand echo Welcome; sleep 1; exec /bin/sh'] });
    await using transport = newTransport(hastyClock);
    const opening = sessionTo(transport, server);
    await expect.poll(async () => (await server.log()).includes('Starting session'), { timeout: 5_000 }).toBe(true);
    for (const pid of server.connectionPids()) process.kill(pid, 'SIGKILL');
    expect(await (await opening).capabilities(limit())).toMatchObject({ startsOnce: true });
  });

  test('what a login costs is paid once per channel, not per script', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'octo-login-'));
    const [count, script] = [join(dir, 'count'), join(dir, 'bashrc')];
    await writeFile(script, `echo login >> ${word(count)}; sleep 0.3\n`);
    await using server = await SshServer.start({ config: [`ForceCommand . ${script}; exec /bin/sh`] });
    await using transport = newTransport();
    const session = await sessionTo(transport, server);
    for (let n = 0; n < 5; n++) {
      const ticket = newTicket();
      await session.start(ticket, launchOf('echo ran'), limit());
      expect((await readToEnd(session, ticket)).texts).toEqual(['ran']);
      await session.complete({ ticket }, '', limit());
    }
    expect(readFileSync(count, 'utf8')).toBe('login\n');
    await rm(dir, { recursive: true });
  });

  test.each(['stall', 'half-close'] as const)(
    'an upload that meets a %s goes on over another connection, and arrives whole',
    async (kind) => {
      await using server = await SshServer.start();
      await using forwarder = await Forwarder.listen({ port: server.port });
      await using transport = newTransport(hastyClock);
      const session = await sessionTo(transport, server, { Port: forwarder.port }, 20_000);
      const size = 8_000_000;
      const large = { sizeBytes: size, async *open(from = 0) { for (let at = from; at < size; at += 500_000) yield Buffer.alloc(Math.min(500_000, size - at), 5); } }; // prettier-ignore
      for (const connection of forwarder.connections)
        if (connection.isOpen) connection.arm({ direction: 'up', fault: { kind }, afterBytes: 3_000_000 });
      const { path } = await session.upload('large', large, limit());
      expect(readFileSync(path).equals(Buffer.alloc(size, 5))).toBe(true);
      expect(forwarder.connections.length).toBeGreaterThan(1);
    },
    40_000,
  );

  test('what lies about for long is deleted; what runs, or is new, stays (R180)', async () => {
    await using server = await SshServer.start();
    await using transport = newTransport();
    const session = await sessionTo(transport, server);
    const root = join(server.home, 'octo');
    const content = { sizeBytes: 3, async *open() { yield Buffer.from('old'); } }; // prettier-ignore
    for (const name of ['packages/a b.zip', 'packages/new.zip', 'tools/t.mjs'])
      await session.upload(name, content, limit());
    const [running, done] = [newTicket(), newTicket()];
    await session.start(running, launchOf('echo up; sleep 20'), limit());
    await session.start(done, launchOf('echo done'), limit());
    await readToEnd(session, done);
    await readUntil(session, running, 'up');
    const old = ['packages/a b.zip', 'tools/t.mjs', ...readdirSync(join(root, 'w')).map((name) => `w/${name}`)];
    for (const name of old) execFileSync('touch', ['-d', '100 days ago', join(root, name)]);
    expect(await session.clean?.(90, limit())).toEqual({ removed: expect.any(Number) as number });
    expect(readdirSync(join(root, 'packages'))).toEqual(['new.zip']);
    expect(readdirSync(join(root, 'tools'))).toEqual([]);
    expect(readdirSync(join(root, 't'))).toEqual([running]); // nobody has asked for the other in 100 days
    await session.cancel({ ticket: running }, limit());
    expect((await readToEnd(session, running)).last.end).toBe('stopped');
    await session.complete({ ticket: running }, '', limit());
  });
});
