import { type Launch } from '@octo/kernel';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchOf, readToEnd, type Seen, textsOf } from './follow-script.ts';
import {
  type ContractCase,
  limit,
  newTicket,
  type TransportUnderTest,
  type Unpromised,
  untilFile,
} from './transport-case.ts';
import { endCases } from './transport-ends.ts';
import { isolationCases } from './transport-isolation.ts';
import { launchCases } from './transport-launches.ts';
import { transferCases } from './transport-transfers.ts';

export { type TransportUnderTest, type Unpromised } from './transport-case.ts';

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

    const at: ContractCase<E> = {
      get under() {
        return under;
      },
      get dir() {
        return dir;
      },
      open,
      run,
      promised,
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

    endCases(at);
    launchCases(at);
    isolationCases(at);
    transferCases(open);

    test('capabilities say what the machine side can do', async () => {
      await using session = await open();
      const capabilities = await session.capabilities(limit());
      expect(capabilities.agent).toMatch(/\S/);
      expect(capabilities.shells).toContain('bash');
    });
  });
}
