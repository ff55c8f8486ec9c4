import { type Launch, type Opening, type Transport } from '@octo/kernel';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textBytes } from './bytes.ts';
import { transferCases } from './transport-transfers.ts';
import { isRunning, launchOf, readToEnd, readUntil, type Seen, textsOf, untilLines, word } from './follow-script.ts';

export interface TransportUnderTest<E> extends AsyncDisposable {
  readonly transport: Transport<E>;
  readonly opening: Opening<E>;
  /** Another transport on the same machine side: what a restart of the server makes. */
  reopen(): Promise<Transport<E> & Partial<AsyncDisposable>>;
}
/** What a foreign machine side cannot promise; every word is said in the name of the test that is skipped. */
export type Unpromised =
  | 'starts once'
  | 'news at once'
  | 'end of a tree is seen'
  | 'early cancel'
  | 'lines of who is waited for'
  | 'fences'
  | 'secret files'
  | 'unknown bytes as one mark';

let tickets = 0;
const newTicket = () => `t${process.pid}x${++tickets}x${randomBytes(4).toString('hex')}`;
const limit = () => AbortSignal.timeout(20_000);

/** What every transport promises (see Session in @octo/kernel). Run it from each transport's own test file. */
export function transportContract<E>(
  name: string,
  make: () => Promise<TransportUnderTest<E>>,
  unpromised: readonly Unpromised[] = [],
): void {
  const promised = (what: Unpromised) => (unpromised.includes(what) ? test.skip : test);
  describe(`${name} keeps the transport contract`, () => {
    let under: TransportUnderTest<E>;
    let dir: string;
    beforeAll(async () => {
      under = await make();
      dir = await mkdtemp(join(tmpdir(), 'octo-contract-'));
    });
    afterAll(async () => {
      await under[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    });
    const open = () => under.transport.open(under.opening, limit());
    const run = async (bash: string, more: Partial<Launch> = {}): Promise<Seen> => {
      await using session = await open();
      const ticket = newTicket();
      await session.start(ticket, launchOf(bash, more), limit());
      const seen = await readToEnd(session, ticket);
      await session.complete({ ticket }, seen.last.next, limit());
      return seen;
    };

    test('lines arrive once, in order, by stream, with the exit code', async () => {
      const { lines, last } = await run('echo one; echo two; echo oops >&2; printf tail; exit 7');
      const by = (source: string) => textsOf(lines.filter((line) => line.source === source));
      expect([by('StdOut'), by('StdErr')]).toEqual([['one', 'two', 'tail'], ['oops']]);
      expect(last).toMatchObject({ end: 'exited', exitCode: 7 });
    });

    promised('starts once')(
      'a start with the same ticket, at the same time or later, runs nothing twice and answers from the first line (R143)',
      async () => {
        await using session = await open();
        const ticket = newTicket();
        const launch = launchOf(`echo ran >> '${join(dir, ticket)}'; echo once`);
        await Promise.all([session.start(ticket, launch, limit()), session.start(ticket, launch, limit())]);
        expect((await readToEnd(session, ticket)).texts).toEqual(['once']);
        const again = await session.start(ticket, launch, limit());
        expect(textsOf(again.lines)).toEqual(['once']);
        expect(await readFile(join(dir, ticket), 'utf8')).toBe('ran\n');
        await session.complete({ ticket }, again.next, limit());
      },
    );

    test('a cursor may be asked for again: the same lines, the same order (R144)', async () => {
      await using session = await open();
      const ticket = newTicket();
      await session.start(ticket, launchOf('for n in $(seq 1 40); do echo $n; echo e$n >&2; done'), limit());
      const first = await readToEnd(session, ticket);
      const second = await readToEnd(session, ticket);
      expect(second.lines).toEqual(first.lines);
      await session.complete({ ticket }, first.last.next, limit());
    });

    promised('news at once')(
      'status answers at once when there is news, and after waitMs when there is none',
      async () => {
        await using session = await open();
        const ticket = newTicket();
        const go = join(dir, `${ticket}.go`);
        await session.start(ticket, launchOf(`echo ready; ${untilFile(go)}; echo news; sleep 60`), limit());
        const ready = await session.status({ ticket }, { after: '', waitMs: 15_000 }, limit());
        expect(ready.lines.map((l) => l.text)).toEqual(['ready']);

        const begin = performance.now();
        const quiet = await session.status({ ticket }, { after: ready.next, waitMs: 150 }, limit());
        expect(quiet).toMatchObject({ state: 'Running', lines: [], next: ready.next });
        expect(performance.now() - begin).toBeGreaterThanOrEqual(140);

        const waiting = session.status({ ticket }, { after: ready.next, waitMs: 3_600_000 }, limit()); // only news ends it
        await writeFile(go, '');
        expect((await waiting).lines.map((l) => l.text)).toEqual(['news']);

        await session.cancel({ ticket }, limit());
        await readToEnd(session, ticket, ready.next);
        await session.complete({ ticket }, '', limit());
      },
    );

    test('a wait for news ends with the signal, and with its reason', async () => {
      await using session = await open();
      const ticket = newTicket();
      await session.start(ticket, launchOf('sleep 60'), limit());
      const stop = new AbortController();
      const waiting = session.status({ ticket }, { after: '', waitMs: 15_000 }, stop.signal);
      stop.abort(new Error('no patience'));
      await expect(waiting).rejects.toThrow('no patience');
      await session.cancel({ ticket }, limit());
      await readToEnd(session, ticket);
      await session.complete({ ticket }, '', limit());
    });

    test('much output comes in pages of bounded size, Complete with the last', async () => {
      const { texts, pages, last } = await run(`printf '%060d\\n' $(seq 1 20000)`);
      expect(texts).toHaveLength(20_000);
      expect(texts[19_999]).toBe('20000'.padStart(60, '0'));
      expect(pages).toBeGreaterThan(3);
      expect(last.lines.length).toBeLessThan(10_000);
    });

    promised('unknown bytes as one mark')(
      'letters that are cut by nothing stay whole; CR of CRLF goes; bytes that are no text do not break anything',
      async () => {
        const { texts } = await run(String.raw`printf 'gr\xc3\xbc\xc3\x9fe \xf0\x9f\x90\x99\r\nbad \xff byte\n'`);
        expect(texts).toEqual(['grüße 🐙', 'bad � byte']);
      },
    );

    promised('end of a tree is seen')(
      'cancel ends the whole tree, children that ignore SIGTERM or left the session too (R153)',
      async () => {
        await using session = await open();
        const ticket = newTicket();
        const pids = join(dir, `${ticket}.pids`);
        const stubborn = `trap '' TERM; echo $$ >> '${pids}'; while :; do sleep 0.2; done`;
        await session.start(
          ticket,
          launchOf(`bash -c ${word(stubborn)} & (setsid bash -c ${word(stubborn)} &) ; echo up; wait; sleep 60`),
          limit(),
        );
        await session.status({ ticket }, { after: '', waitMs: 5_000 }, limit());
        const children = await untilLines(pids, 2);
        await session.cancel({ ticket }, limit());
        await session.cancel({ ticket }, limit());
        const { last } = await readToEnd(session, ticket);
        expect(last.end).toBe('stopped');
        expect(children.map(Number).filter(isRunning)).toEqual([]);
        await session.complete({ ticket }, last.next, limit());
      },
    );

    promised('early cancel')('a ticket that is cancelled before it was started never starts', async () => {
      await using session = await open();
      const ticket = newTicket();
      await session.cancel({ ticket }, limit()); // unknown: quiet
      const exclusive = { exclusive: true, mutex: newTicket() };
      const holder = newTicket();
      await session.start(holder, launchOf('sleep 30', { isolation: exclusive }), limit());
      await session.start(ticket, launchOf(`echo ran > '${join(dir, ticket)}'`, { isolation: exclusive }), limit());
      await session.cancel({ ticket }, limit());
      const { last } = await readToEnd(session, ticket);
      expect(last).toMatchObject({ end: 'unstarted', exitCode: -43 });
      const again = await session.start(ticket, launchOf(`echo ran > '${join(dir, ticket)}'`), limit());
      expect(again.state).toBe('Complete');
      await session.cancel({ ticket: holder }, limit());
      await readToEnd(session, holder);
      await expect(readFile(join(dir, ticket))).rejects.toMatchObject({ code: 'ENOENT' });
    });

    test('an unknown ticket is Complete and surely never ran; completing it is quiet (R146)', async () => {
      await using session = await open();
      const status = await session.status({ ticket: newTicket() }, { after: '', waitMs: 0 }, limit());
      expect(status).toMatchObject({ state: 'Complete', end: 'unstarted', exitCode: -45 });
      expect(await session.complete({ ticket: newTicket() }, '', limit())).toEqual([]);
    });

    test('complete forgets the ticket and deletes its workspace (R145)', async () => {
      await using session = await open();
      const ticket = newTicket();
      await session.start(ticket, launchOf('pwd'), limit());
      const { texts, last } = await readToEnd(session, ticket);
      await session.complete({ ticket }, last.next, limit());
      await expect(readFile(join(texts[0] ?? '', 'Bootstrap.sh'))).rejects.toMatchObject({ code: 'ENOENT' });
      const status = await session.status({ ticket }, { after: '', waitMs: 0 }, limit());
      expect(status).toMatchObject({ state: 'Complete', end: 'unstarted' });
    });

    test('closing a session ends no script; the next one reads on', async () => {
      const ticket = newTicket();
      const go = join(dir, `${ticket}.go`);
      {
        await using session = await open();
        await session.start(ticket, launchOf(`echo first; ${untilFile(go)}; echo second`), limit());
      }
      await using session = await open();
      const first = await readUntil(session, ticket, 'first');
      await writeFile(go, '');
      const rest = await readToEnd(session, ticket, first.next);
      expect([...textsOf(first.lines), ...rest.texts]).toEqual(['first', 'second']);
      await session.complete({ ticket }, rest.last.next, limit());
    });

    promised('starts once')(
      'a new transport on the same machine side finds the script, its lines from the first, and its end (R144)',
      async () => {
        const ticket = newTicket();
        const go = join(dir, `${ticket}.go`);
        const launch = launchOf(
          `echo ran >> '${join(dir, ticket)}'; echo first; ${untilFile(go)}; echo second; exit 3`,
        );
        await using session = await open();
        await session.start(ticket, launch, limit());
        const first = await session.status({ ticket }, { after: '', waitMs: 15_000 }, limit());

        const other = await under.reopen();
        try {
          await using again = await other.open(under.opening, limit());
          await writeFile(go, '');
          const rest = await readToEnd(again, ticket, first.next);
          expect(rest.texts).toEqual(['second']);
          expect(rest.last).toMatchObject({ end: 'exited', exitCode: 3 });
          const all = await readToEnd(again, ticket);
          expect(all.lines.slice(0, first.lines.length)).toEqual(first.lines);
          await again.start(ticket, launch, limit());
          expect(await readFile(join(dir, ticket), 'utf8')).toBe('ran\n');
          await again.complete({ ticket }, all.last.next, limit());
        } finally {
          await other[Symbol.asyncDispose]?.();
        }
      },
    );

    promised('secret files')(
      'a secret file is for its owner alone, and what the body unlinks is readable nowhere (R243)',
      async () => {
        const files = [{ name: 'keys', content: textBytes('planted-value'), secret: true }];
        const { texts } = await run(
          `ls -l keys | cut -c1-10; exec 9<keys; rm keys; read -r value <&9; exec 9<&-
         echo "\${#value}"; grep -rls planted-val[u]e . .. /proc/self/fd/ /proc/self/environ /proc/$$/cmdline; echo done`,
          { files },
        );
        expect(texts).toEqual(['-rw-------', '13', 'done']);
      },
    );

    test('files are in place before the body runs; arguments come as words; names stay inside', async () => {
      const files = [
        { name: 'a b.txt', content: textBytes('one') },
        { name: 'deep/er/c.txt', content: textBytes('two') },
      ];
      const more = { files, arguments: ['x y', `it's`, '$HOME'] };
      expect((await run(`cat 'a b.txt' deep/er/c.txt; echo; printf '%s|' "$@"`, more)).texts).toEqual([
        'onetwo',
        "x y|it's|$HOME|",
      ]);
      await using session = await open();
      const bad = { files: [{ name: '../../evil', content: textBytes('x') }] };
      await expect(session.start(newTicket(), launchOf('true', bad), limit())).rejects.toThrow(/inside/);
    });

    promised('lines of who is waited for')(
      'exclusive scripts of one mutex are alone; the log says who is waited for (R161, R164)',
      async () => {
        await using session = await open();
        const trace = join(dir, newTicket());
        const isolation = { exclusive: true, mutex: newTicket() };
        const body = `echo in >> '${trace}'; sleep 0.25; echo out >> '${trace}'`;
        const tickets = [newTicket(), newTicket(), newTicket()];
        for (const ticket of tickets) await session.start(ticket, launchOf(body, { isolation }), limit());
        const all = await Promise.all(tickets.map((ticket) => readToEnd(session, ticket)));
        expect(await readFile(trace, 'utf8')).toBe('in\nout\n'.repeat(3));
        expect(all[2]?.texts.join()).toMatch(/Waiting for the script in task .*ServerTasks-1/);
        for (const ticket of tickets) await session.complete({ ticket }, '', limit());
      },
    );

    test('a wait for the mutex that takes too long ends as unstarted, −44 (R165)', async () => {
      await using session = await open();
      const mutex = newTicket();
      const [holder, late] = [newTicket(), newTicket()];
      await session.start(holder, launchOf('sleep 30', { isolation: { exclusive: true, mutex } }), limit());
      const isolation = { exclusive: true, mutex, timeoutMs: 150 };
      await session.start(late, launchOf('true', { isolation }), limit());
      expect((await readToEnd(session, late)).last).toMatchObject({ end: 'unstarted', exitCode: -44 });
      await session.cancel({ ticket: holder }, limit());
      await readToEnd(session, holder);
    });

    promised('fences')('a start under a lower fence than one seen for the task is refused (I3)', async () => {
      await using session = await open();
      const taskId = `ServerTasks-${newTicket()}`;
      await session.start(newTicket(), launchOf('true', { taskId, fence: 3 }), limit());
      await expect(session.start(newTicket(), launchOf('true', { taskId, fence: 2 }), limit())).rejects.toMatchObject({
        kind: 'TransportError',
        started: 'no',
      });
    });

    transferCases(open);

    test('capabilities say what the machine side can do', async () => {
      await using session = await open();
      const capabilities = await session.capabilities(limit());
      expect(capabilities.agent).toMatch(/\S/);
      expect(capabilities.shells).toContain('bash');
    });
  });
}

function untilFile(file: string): string {
  return `while [ ! -e ${word(file)} ]; do sleep 0.02; done`;
}
