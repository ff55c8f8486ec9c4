import { type Bytes, type Clock, OctoError, type Session } from '@octo/kernel';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, launchOf, readToEnd, readUntil, untilLines } from './follow-script.ts';
import { type FaultyTransport } from './transport-faults.ts';

const RATE = 50;
const bornMs = Date.now();

/** Fifty times as fast as the world: the 2.5 min for which calls are tried again (R117) are 3 s. */
export const fastClock: Clock = {
  now: () => bornMs + (Date.now() - bornMs) * RATE,
  async sleep(ms, signal) {
    await sleep(ms / RATE, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
};

const PATIENCE_MS = 150_000;
/** On `fastClock`: within the patience, and beyond it. */
const OUTAGES = { short: 10_000, long: 180_000 };
/** Real time in which both ends have noticed what happened to a connection, and a quiet one says nothing more. */
const QUIET_MS = 150;
const limit = () => AbortSignal.timeout(30_000);
const newTicket = () => `o${process.pid}x${randomBytes(6).toString('hex')}`;

/**
 * What a transport promises when a machine cannot be reached for a while, in every phase of a script: for some seconds nobody
 * notices more than a line in the log; for three minutes the call fails and says whether it may have arrived, and what runs
 * goes on, its lines kept (R117, R137, R249). The transport is to be made with `fastClock`. `noticesSilence`: false for a
 * machine that comes back only after a minute of it.
 */
export function transportOutages(
  name: string,
  make: () => Promise<FaultyTransport>,
  { noticesSilence = true }: { readonly noticesSilence?: boolean } = {},
): void {
  describe(`${name}, and an outage in the middle`, () => {
    let under: FaultyTransport;
    let dir: string;
    beforeAll(async () => {
      under = await make();
      dir = await mkdtemp(join(tmpdir(), 'octo-outages-'));
    });
    afterAll(async () => {
      await under[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    });

    /** A script that waits for the word, and what is known of it from outside. */
    const scene = async () => {
      const session = await under.open(PATIENCE_MS);
      await session.capabilities(limit());
      const ticket = newTicket();
      const file = join(dir, ticket);
      const body = `echo ran >> '${file}'; echo up; for n in $(seq 1 50); do echo $n; sleep 0.02; done; echo end`;
      const starts = async () => (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean).length;
      await sleep(QUIET_MS);
      const texts = ['up', ...Array.from({ length: 50 }, (_, n) => String(n + 1)), 'end'];
      return { session, ticket, file, launch: launchOf(body), starts, texts };
    };
    const away = async () => {
      await under.forwarder.set('refuse');
      under.forwarder.cutAll();
      await sleep(QUIET_MS);
    };
    const back = async () => under.forwarder.set('forward');
    /** Away for so long, from now on. */
    const outage = async (lengthMs: number) => {
      await away();
      await fastClock.sleep(lengthMs, limit());
      await back();
    };
    /** The answer to whatever goes up next does not come, and then the machine is away. */
    const answerLost = async (lengthMs: number) => {
      const open = under.forwarder.connections.filter((it) => it.isOpen);
      for (const it of open) it.arm({ ...under.answer, fault: { kind: 'cut' } });
      await under.forwarder.set('refuse');
      await Promise.race(open.map((it) => it.closed));
      under.forwarder.cutAll();
      await fastClock.sleep(lengthMs, limit());
      await back();
    };
    const fails = (started: RegExp) =>
      expect.objectContaining({ kind: 'TransportError', started: expect.stringMatching(started) as string }) as unknown;
    const failsIfLong = (length: keyof typeof OUTAGES) => (length === 'long' ? fails(/no|maybe/) : 'fine');
    /** Looked at later: an outage goes by meanwhile. */
    const outcomeOf = (work: Promise<unknown>) =>
      work.then(
        () => 'fine',
        (error: unknown) => error,
      );
    /** Asked until it can be reached again. */
    const reached = async <T>(work: (session: Session) => Promise<T>): Promise<T> =>
      work(await under.open(PATIENCE_MS));

    /** Of what is there; read to its end, for on some machines a file that is asked for holds up everything else. */
    const hashOf = async (name: string) => {
      const found = await reached((it) => it.download(name, limit()));
      if (!found) return undefined;
      const hash = createHash('sha256');
      for await (const part of found.open()) hash.update(part);
      return hash.digest('hex');
    };

    test('of seconds before a start: it runs once when the machine is back', async () => {
      const { session, ticket, launch, starts, texts } = await scene();
      await away();
      const started = session.start(ticket, launch, limit());
      await fastClock.sleep(OUTAGES.short, limit());
      await back();
      await started;
      expect((await readToEnd(session, ticket)).texts).toEqual(texts);
      expect(await starts()).toBe(1);
      await session.complete({ ticket }, '', limit());
    });

    test('of three minutes before a start: it has not run, the failure says so, and it never will (R63)', async () => {
      const { session, ticket, launch, starts } = await scene();
      await away();
      const started = outcomeOf(session.start(ticket, launch, limit()));
      await fastClock.sleep(OUTAGES.long, limit());
      expect(await started).toEqual(fails(/^no$/));
      await back();
      expect((await reached((it) => readToEnd(it, ticket))).last).toMatchObject({ end: 'unstarted' });
      expect(await starts()).toBe(0);
    });

    test('of seconds behind a start whose answer is lost: it has run once', async () => {
      const { session, ticket, launch, starts, texts } = await scene();
      const cut = answerLost(OUTAGES.short);
      await session.start(ticket, launch, limit());
      await cut;
      expect((await readToEnd(session, ticket)).texts).toEqual(texts);
      expect(await starts()).toBe(1);
      await session.complete({ ticket }, '', limit());
    });

    test('of three minutes behind a start whose answer is lost: it may have run, and it has, once; nothing of it is lost', async () => {
      const { session, ticket, launch, starts, texts } = await scene();
      const cut = answerLost(OUTAGES.long);
      expect(await outcomeOf(session.start(ticket, launch, limit()))).toEqual(fails(/^maybe$/));
      await cut;
      const seen = await reached((it) => readToEnd(it, ticket));
      expect(seen).toMatchObject({ texts, last: { end: 'exited', exitCode: 0 } });
      expect(await starts()).toBe(1);
      await session.complete({ ticket }, '', limit());
    });

    test.each(['short', 'long'] as const)('that is %s while lines come: none is lost, none doubled', async (length) => {
      const { session, ticket, file, launch, starts, texts } = await scene();
      await session.start(ticket, launch, limit());
      await untilLines(file, 1);
      const first = await readUntil(session, ticket, '3');
      const over = outage(OUTAGES[length]);
      const rest = readToEnd(session, ticket, first.next);
      expect(await outcomeOf(rest)).toEqual(failsIfLong(length));
      await over;
      const seen = length === 'short' ? await rest : await reached((it) => readToEnd(it, ticket, first.next));
      const before = first.lines.filter((line) => /^(up|\d+)$/.test(line.text)).map((line) => line.text);
      expect([...before, ...seen.texts.filter((text) => /^(up|end|\d+)$/.test(text))]).toEqual(texts);
      expect(await starts()).toBe(1);
      await session.complete({ ticket }, '', limit());
    });

    test.skipIf(!noticesSilence)(
      'a connection that falls silent is given up, and the script is read on over another (H1)',
      async () => {
        const { ticket, launch, starts, texts } = await scene();
        const session = await under.open(PATIENCE_MS * 20); // silence is counted in real time
        await session.start(ticket, launch, limit());
        const first = await readUntil(session, ticket, '3');
        for (const it of under.forwarder.connections) for (const way of ['up', 'down'] as const) it.stall(way);
        const { texts: rest } = await readToEnd(session, ticket, first.next);
        const before = first.lines.filter((line) => /^(up|\d+)$/.test(line.text)).map((line) => line.text);
        expect([...before, ...rest.filter((text) => /^(up|end|\d+)$/.test(text))]).toEqual(texts);
        expect(await starts()).toBe(1);
        await session.complete({ ticket }, '', limit());
        under.forwarder.cutAll(); // not a burden to the next
      },
      60_000,
    );

    test.each(['short', 'long'] as const)('that is %s in a cancel: the script ends, at the latest by the next one', async (length) => {
      const { session, ticket } = await scene();
      await session.start(ticket, launchOf('echo up; sleep 60'), limit());
      await readUntil(session, ticket, 'up');
      await away();
      const asked = outcomeOf(session.cancel({ ticket }, limit()));
      await fastClock.sleep(OUTAGES[length], limit());
      await back();
      expect(await asked).toEqual(failsIfLong(length));
      if (length === 'long') await reached((it) => it.cancel({ ticket }, limit()));
      expect((await readToEnd(session, ticket)).last.end).toBe('stopped');
      await session.complete({ ticket }, '', limit());
    }); // prettier-ignore

    test('of three minutes before the clean-up ends in bounded time, and the next one finds what is left', async () => {
      const { session, ticket } = await scene();
      await session.start(ticket, launchOf('echo up'), limit());
      await readToEnd(session, ticket);
      await away();
      const done = outcomeOf(session.complete({ ticket }, '', limit()));
      await fastClock.sleep(OUTAGES.long, limit());
      expect(['fine', 'OCTO_TRANSPORT_NOT_COLLECTED', 'OCTO_TRANSPORT_UNREACHABLE', 'OCTO_TRANSPORT_LOST']).toContain(
        await done.then((it) => (OctoError.is(it) ? it.code : it)),
      );
      await back();
      await eventually('nobody knows the script any more', async () => {
        await reached((it) => it.complete({ ticket }, '', limit()));
        return (await reached((it) => readToEnd(it, ticket))).last.end === 'unstarted';
      });
    });

    test.each(['short', 'long'] as const)('that is %s in an upload: it arrives whole, or not at all', async (length) => {
      const { session } = await scene();
      const content = randomBytes(4_000_000);
      const sha256 = createHash('sha256').update(content).digest('hex');
      const bytes: Bytes = {
        sizeBytes: content.length,
        sha256,
        async *open(fromByte = 0) {
          for (let at = fromByte; at < content.length; at += 100_000) {
            await sleep(5);
            yield content.subarray(at, at + 100_000);
          }
        },
      };
      const name = `upload-${newTicket()}`;
      const sent = outcomeOf(session.upload(name, bytes, limit()));
      await sleep(60);
      await outage(OUTAGES[length]);
      expect(await sent).toEqual(failsIfLong(length));
      expect(await hashOf(name)).toBe(length === 'long' ? undefined : sha256);
      await reached((it) => it.upload(name, bytes, limit()));
      expect(await hashOf(name)).toBe(sha256);
    }); // prettier-ignore
  });
}
