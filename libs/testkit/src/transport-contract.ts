import {
  type Bytes,
  type Launch,
  type Opening,
  type OutputLine,
  type ScriptStatus,
  type Session,
  type Transport,
} from '@octo/kernel';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textBytes } from './bytes.ts';

export interface TransportUnderTest<E> extends AsyncDisposable {
  readonly transport: Transport<E>;
  readonly opening: Opening<E>;
}
interface Seen {
  readonly lines: readonly OutputLine[];
  readonly texts: readonly string[];
  readonly last: Extract<ScriptStatus, { state: 'Complete' }>;
  readonly pages: number;
}

let tickets = 0;
const newTicket = () => `t${process.pid}x${++tickets}x${randomBytes(4).toString('hex')}`;
const limit = () => AbortSignal.timeout(20_000);

export function launchOf(bash: string, more: Partial<Launch> = {}): Launch {
  return { taskId: 'ServerTasks-1', body: { bash }, isolation: { exclusive: false, mutex: 'RunningScript' }, ...more };
}

/** Read a script to its end by its cursor. */
export async function readToEnd(session: Session, ticket: string, after = '', waitMs = 5_000): Promise<Seen> {
  const lines: OutputLine[] = [];
  for (let cursor = after, pages = 1; ; pages++) {
    const status = await session.status({ ticket }, { after: cursor, waitMs }, limit());
    lines.push(...status.lines);
    cursor = status.next;
    if (status.state === 'Complete') return { lines, texts: lines.map((l) => l.text), last: status, pages };
  }
}

/** What every transport promises (see Session in @octo/kernel). Run it from each transport's own test file. */
export function transportContract<E>(name: string, make: () => Promise<TransportUnderTest<E>>): void {
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
      const by = (source: string) => lines.filter((l) => l.source === source).map((l) => l.text);
      expect([by('StdOut'), by('StdErr')]).toEqual([['one', 'two', 'tail'], ['oops']]);
      expect(last).toMatchObject({ end: 'exited', exitCode: 7 });
    });

    test('a start with the same ticket, at the same time or later, runs nothing twice and answers from the first line (R143)', async () => {
      await using session = await open();
      const ticket = newTicket();
      const launch = launchOf(`echo ran >> '${join(dir, ticket)}'; echo once`);
      await Promise.all([session.start(ticket, launch, limit()), session.start(ticket, launch, limit())]);
      expect((await readToEnd(session, ticket)).texts).toEqual(['once']);
      const again = await session.start(ticket, launch, limit());
      expect(again.lines.map((l) => l.text)).toEqual(['once']);
      expect(await readFile(join(dir, ticket), 'utf8')).toBe('ran\n');
      await session.complete({ ticket }, again.next, limit());
    });

    test('a cursor may be asked for again: the same lines, the same order (R144)', async () => {
      await using session = await open();
      const ticket = newTicket();
      await session.start(ticket, launchOf('for n in $(seq 1 40); do echo $n; echo e$n >&2; done'), limit());
      const first = await readToEnd(session, ticket);
      const second = await readToEnd(session, ticket);
      expect(second.lines).toEqual(first.lines);
      await session.complete({ ticket }, first.last.next, limit());
    });

    test('status answers at once when there is news, and after waitMs when there is none', async () => {
      await using session = await open();
      const ticket = newTicket();
      await session.start(ticket, launchOf(`echo ready; read -r < <(tail -f /dev/null --pid=$$ & sleep 30)`), limit());
      let status = await session.status({ ticket }, { after: '', waitMs: 10_000 }, limit());
      while (status.lines.length === 0)
        status = await session.status({ ticket }, { after: '', waitMs: 10_000 }, limit());
      const begin = performance.now();
      const quiet = await session.status({ ticket }, { after: status.next, waitMs: 150 }, limit());
      expect(quiet).toMatchObject({ state: 'Running', lines: [] });
      expect(performance.now() - begin).toBeGreaterThanOrEqual(140);
      await session.cancel({ ticket }, limit());
      await readToEnd(session, ticket, status.next);
      await session.complete({ ticket }, '', limit());
    });

    test('much output comes in pages of bounded size, Complete with the last', async () => {
      const { lines, pages, last } = await run('seq 1 200000');
      expect(lines).toHaveLength(200_000);
      expect(lines[199_999]?.text).toBe('200000');
      expect(pages).toBeGreaterThan(3);
      expect(last.lines.length).toBeLessThan(100_000);
    });

    test('letters that are cut by nothing stay whole; CR of CRLF goes; bytes that are no text do not break anything', async () => {
      const { texts } = await run(String.raw`printf 'gr\xc3\xbc\xc3\x9fe \xf0\x9f\x90\x99\r\nbad \xff byte\n'`);
      expect(texts).toEqual(['grüße 🐙', 'bad � byte']);
    });

    test('cancel ends the whole tree, children that ignore SIGTERM or left the session too (R153)', async () => {
      await using session = await open();
      const ticket = newTicket();
      const pids = join(dir, `${ticket}.pids`);
      const stubborn = `trap '' TERM; echo $$ >> '${pids}'; while :; do sleep 0.2; done`;
      await session.start(
        ticket,
        launchOf(`bash -c ${q(stubborn)} & (setsid bash -c ${q(stubborn)} &) ; echo up; wait; sleep 60`),
        limit(),
      );
      await session.status({ ticket }, { after: '', waitMs: 5_000 }, limit());
      const children = await untilLines(pids, 2);
      await session.cancel({ ticket }, limit());
      await session.cancel({ ticket }, limit());
      const { last } = await readToEnd(session, ticket);
      expect(last.end).toBe('stopped');
      expect(children.map(Number).filter(isAlive)).toEqual([]);
      await session.complete({ ticket }, last.next, limit());
    });

    test('a ticket that is cancelled before it was started never starts', async () => {
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
        await session.start(
          ticket,
          launchOf(`echo first; while [ ! -e '${go}' ]; do sleep 0.02; done; echo second`),
          limit(),
        );
      }
      await using session = await open();
      const first = await session.status({ ticket }, { after: '', waitMs: 5_000 }, limit());
      await writeFile(go, '');
      const rest = await readToEnd(session, ticket, first.next);
      expect([...first.lines.map((l) => l.text), ...rest.texts]).toEqual(['first', 'second']);
      await session.complete({ ticket }, rest.last.next, limit());
    });

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

    test('exclusive scripts of one mutex are alone; the log says who is waited for (R161, R164)', async () => {
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
    });

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

    test('a start under a lower fence than one seen for the task is refused (I3)', async () => {
      await using session = await open();
      const taskId = `ServerTasks-${newTicket()}`;
      await session.start(newTicket(), launchOf('true', { taskId, fence: 3 }), limit());
      await expect(session.start(newTicket(), launchOf('true', { taskId, fence: 2 }), limit())).rejects.toMatchObject({
        kind: 'TransportError',
        started: 'no',
      });
    });

    test('upload is whole or not at all; download of what is not there is undefined', async () => {
      await using session = await open();
      const content = randomBytes(300_000);
      const bytes: Bytes = {
        sizeBytes: content.length,
        async *open() {
          for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
        },
      };
      const sent: number[] = [];
      const { path } = await session.upload('packages/a.bin', bytes, limit(), (n) => sent.push(n));
      expect(path).toMatch(/^\/.*a\.bin$/);
      expect(sent.at(-1)).toBe(content.length);
      const back = await session.download('packages/a.bin', limit());
      expect(await whole(back?.open(100_000) ?? [])).toEqual(content.subarray(100_000));
      const damaged: Bytes = { ...bytes, sha256: '0'.repeat(64) };
      await expect(session.upload('packages/b.bin', damaged, limit())).rejects.toThrow(/damaged/);
      expect(await session.download('packages/b.bin', limit())).toBeUndefined();
      await expect(session.upload('../escape', bytes, limit())).rejects.toThrow(/inside/);
    });

    test('capabilities say what the machine side can do', async () => {
      await using session = await open();
      const capabilities = await session.capabilities(limit());
      expect(capabilities.agent).toMatch(/\S/);
      expect(capabilities.shells).toContain('bash');
    });
  });
}

async function whole(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
function q(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
async function untilLines(file: string, count: number): Promise<readonly string[]> {
  for (const end = Date.now() + 10_000; ;) {
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    if (lines.length >= count) return lines;
    if (Date.now() > end) throw new Error(`waited 10 s for ${count} lines in ${file}; there are ${lines.length}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/\) Z /.test(stat); // dead, and only waiting for its parent to notice
  } catch {
    return false;
  }
}
