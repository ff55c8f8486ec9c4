import { launchOf, readToEnd, readUntil, word } from '@octo/testkit';
import { SSHD, SshServer } from '@octo/testkit/ssh';
import { type Launch, type Session } from '@octo/kernel';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { newTransport, openingTo } from './ssh.fixture.ts';

const limit = () => AbortSignal.timeout(20_000);
let tickets = 0;
const newTicket = () => `v${process.pid}x${++tickets}`;

/** The folder of a ticket on the machine. */
function folderOf(server: SshServer, ticket: string): string {
  const root = join(server.home, 'octo');
  return join(root, 'w', readFileSync(join(root, 't', ticket), 'utf8').trim());
}
/** kill -9 of the process that a file of the folder names. */
async function killNamedIn(file: string): Promise<void> {
  await vi.waitFor(() => expect(existsSync(file)).toBe(true), 5_000);
  const [pid] = readFileSync(file, 'utf8').split(' ');
  process.kill(Number(pid), 'SIGKILL');
}
function alive(mark: string): string {
  return execFileSync('sh', ['-c', `grep -ls ${word(mark)} /proc/[0-9]*/environ || true`], { encoding: 'utf8' });
}

describe.skipIf(SSHD === undefined).concurrent('kill -9 of what watches a script behind OpenSSH', () => {
  const open = async () => {
    const server = await SshServer.start();
    const transport = newTransport();
    const session: Session = await transport.open(openingTo(server), limit());
    const end = async () => {
      await transport[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    };
    return { server, session, [Symbol.asyncDispose]: end };
  };
  const alone = (body: string): Launch => ({ ...launchOf(body), isolation: { exclusive: true, mutex: 'm' } });

  test('while it waits for its turn: another one waits on, and the script runs once, in its turn', async () => {
    await using it = await open();
    const { server, session } = it;
    const [first, second] = [newTicket(), newTicket()];
    const trace = join(server.dir, 'trace');
    const body = (name: string, s: string) => `echo ${name} in >> ${word(trace)}; sleep ${s}; echo ${name} out >> ${word(trace)}; echo done`; // prettier-ignore
    await session.start(first, alone(body('a', '1.5')), limit());
    await session.start(second, alone(body('b', '0.1')), limit());
    expect((await session.status({ ticket: second }, { after: '', waitMs: 300 }, limit())).state).toBe('Pending');
    await killNamedIn(join(folderOf(server, second), 'waiting'));
    const ends = await Promise.all([first, second].map((ticket) => readToEnd(session, ticket)));
    expect(ends.map(({ last }) => [last.end, last.exitCode])).toEqual([['exited', 0], ['exited', 0]]); // prettier-ignore
    expect(readFileSync(trace, 'utf8')).toBe('a in\na out\nb in\nb out\n');
  }, 30_000);

  test('while the script runs: it goes on, all its lines come, and its exit code is said to be lost (−46)', async () => {
    await using it = await open();
    const { server, session } = it;
    const ticket = newTicket();
    const go = join(server.dir, 'go');
    const body = `echo up; while [ ! -e ${word(go)} ]; do sleep 0.05; done; echo still here; exit 3`;
    await session.start(ticket, launchOf(body), limit());
    const { next } = await readUntil(session, ticket, 'up');
    await killNamedIn(join(folderOf(server, ticket), 'started'));
    expect((await session.status({ ticket }, { after: next, waitMs: 300 }, limit())).state).toBe('Running');
    execFileSync('touch', [go]);
    const { texts, last } = await readToEnd(session, ticket, next);
    expect(texts).toEqual(['still here']);
    const detail = expect.stringContaining('supervisor') as string;
    expect(last).toMatchObject({ end: 'unknown', exitCode: -46, detail });
    await session.complete({ ticket }, '', limit());
  });

  test.each(['started', 'killer'])(
    'while a cancel is under way (%s): nothing of the script is left, and the end is told',
    async (named) => {
      await using it = await open();
      const { server, session } = it;
      const ticket = newTicket();
      await session.start(ticket, launchOf(`trap '' TERM; echo up; setsid sleep 70 & sleep 71`), limit());
      await readUntil(session, ticket, 'up');
      const folder = folderOf(server, ticket);
      await session.cancel({ ticket }, limit());
      await killNamedIn(join(folder, named));
      const { last } = await readToEnd(session, ticket);
      expect(last.end).toBe('stopped');
      expect(alive(`OCTO_TICKET=${ticket}`)).toBe('');
      await session.complete({ ticket }, '', limit());
      expect(existsSync(folder)).toBe(false);
    },
    40_000,
  );

  test('folders of mutexes that nobody waits in are swept; the next script of one makes its own again', async () => {
    await using it = await open();
    const { server, session } = it;
    const run = async () => {
      const ticket = newTicket();
      await session.start(ticket, alone('echo ran'), limit());
      const { texts } = await readToEnd(session, ticket);
      await session.complete({ ticket }, '', limit());
      return texts;
    };
    await run();
    const mutexes = join(server.home, 'octo/m');
    const [name = ''] = readdirSync(mutexes);
    execFileSync('find', [join(mutexes, name), '-exec', 'touch', '-d', '3 days ago', '{}', '+']);
    await vi.waitFor(() => expect(readdirSync(join(mutexes, name))).toEqual([]), 5_000);
    execFileSync('touch', ['-d', '3 days ago', join(mutexes, name)]);
    await session.clean?.(90, limit());
    expect(readdirSync(mutexes)).toEqual([]);
    expect(await run()).toEqual(['ran']);
  });
});
