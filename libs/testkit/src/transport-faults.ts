import { type Bytes, type Clock, type Session } from '@octo/kernel';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Direction, type Forwarder, type Rule } from './faults/forwarder.ts';
import { launchOf, readToEnd, readUntil } from './follow-script.ts';

export interface FaultyTransport extends AsyncDisposable {
  /** All bytes between server and machine go through it. */
  readonly forwarder: Forwarder;
  /** Which chunk of a connection that was quiet is the answer to a call: what goes `up` where the machine connects. */
  readonly answer: { readonly direction: Direction; readonly atChunk: number };
  /** Patient for so long (R117); the clock of its pauses is `hastyClock`. */
  open(patienceMs: number): Promise<Session>;
}

/** Pauses between tries are twenty times as short, so that a table of faults does not take minutes. */
export const hastyClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    await sleep(ms / 20, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
};

const LINES = 20;
const UPLOAD_BYTES = 6_000_000;
const limit = () => AbortSignal.timeout(25_000);
const newTicket = () => `f${process.pid}x${randomBytes(6).toString('hex')}`;
const numbers = Array.from({ length: LINES }, (_, n) => String(n + 1));
const KINDS = ['cut', 'half-close', 'corrupt'] as const;
type Kind = (typeof KINDS)[number];

/**
 * What a transport promises while the network fails in every phase of a script: one start, each line once and in order, a
 * truthful end, files whole or not at all - and no wait without end. `resumes`: cut uploads go on where they were.
 */
export function transportFaults(name: string, make: () => Promise<FaultyTransport>, resumes: boolean): void {
  describe(`${name}, through a network that fails`, () => {
    let under: FaultyTransport;
    let dir: string;
    beforeAll(async () => {
      under = await make();
      dir = await mkdtemp(join(tmpdir(), 'octo-faults-'));
    });
    afterAll(async () => {
      await under[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    });

    /** A script that says 1 to 20, and what is known of it from outside. */
    const begin = async (pauseSeconds = 0.01) => {
      const session = await under.open(20_000);
      const ticket = newTicket();
      const file = join(dir, ticket);
      const body = `echo ran >> '${file}'; for n in $(seq 1 ${LINES}); do echo $n; sleep ${pauseSeconds}; done; exit 7`;
      const starts = async () => (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean).length;
      return { session, ticket, launch: launchOf(body), starts };
    };
    /** At the n-th chunk, as TLS cuts them, of whatever connection is open or comes. */
    const strike = (direction: Direction, kind: Kind, atChunk = 1) => {
      const rule: Omit<Rule, 'connection'> = { direction, fault: { kind }, atChunk };
      const open = under.forwarder.connections.filter((connection) => connection.isOpen);
      for (const connection of open) connection.arm(rule);
      if (open.length === 0) under.forwarder.arm({ ...rule, connection: under.forwarder.connections.length + 1 });
    };
    const told = (seen: Awaited<ReturnType<typeof readToEnd>>) => ({
      texts: seen.texts,
      end: seen.last.end,
      exitCode: seen.last.exitCode,
    });
    const whole = { texts: numbers, end: 'exited', exitCode: 7 };

    const strikes = KINDS.flatMap((kind) =>
      (['up', 'down'] as const).flatMap((direction) => [1, 2].map((chunk) => [kind, direction, chunk] as const)),
    );
    test.each(strikes)(
      'a start that meets a %s of what goes %s, at chunk %d, runs once, and its lines come whole (R143, R144)',
      async (kind, direction, chunk) => {
        const { session, ticket, launch, starts } = await begin();
        await session.capabilities(limit());
        const before = under.forwarder.connections.length;
        strike(direction, kind, chunk);
        await session.start(ticket, launch, limit());
        expect(told(await readToEnd(session, ticket))).toEqual(whole);
        expect(await starts()).toBe(1);
        expect(under.forwarder.connections.length).toBeGreaterThan(before); // it did strike
        await session.complete({ ticket }, '', limit());
      },
    );

    test('before a start the machine cannot be reached for a while: it runs once when it can', async () => {
      const { session, ticket, launch, starts } = await begin();
      await under.forwarder.set('refuse');
      under.forwarder.cutAll();
      const started = session.start(ticket, launch, limit());
      await sleep(300);
      await under.forwarder.set('forward');
      await started;
      expect(told(await readToEnd(session, ticket))).toEqual(whole);
      expect(await starts()).toBe(1);
      await session.complete({ ticket }, '', limit());
    });

    test('a connection that is cut again and again while lines come loses none and doubles none (R137)', async () => {
      const { session, ticket, launch, starts } = await begin(0.05);
      await session.start(ticket, launch, limit());
      const cutting = setInterval(() => under.forwarder.cutAll(), 300);
      const seen = await readToEnd(session, ticket).finally(() => clearInterval(cutting));
      expect(told(seen)).toEqual(whole);
      expect(await starts()).toBe(1);
      await session.complete({ ticket }, '', limit());
    });

    test('a cancel whose answer is lost ends the script all the same (R155)', async () => {
      const session = await under.open(20_000);
      const ticket = newTicket();
      await session.start(ticket, launchOf('echo up; sleep 60'), limit());
      await readUntil(session, ticket, 'up');
      strike('down', 'cut');
      await session.cancel({ ticket }, limit());
      expect((await readToEnd(session, ticket)).last.end).toBe('stopped');
      await session.complete({ ticket }, '', limit());
    });

    test('a complete that meets a cut is no failure', async () => {
      const { session, ticket, launch } = await begin();
      await session.start(ticket, launch, limit());
      const { last } = await readToEnd(session, ticket);
      strike('up', 'cut');
      expect(await session.complete({ ticket }, last.next, limit())).toEqual([]);
    });

    test(`an upload that is cut arrives whole${resumes ? ', and goes on where it was' : ''}`, async () => {
      const session = await under.open(20_000);
      await session.capabilities(limit());
      const content = randomBytes(UPLOAD_BYTES);
      const bytes: Bytes = {
        sizeBytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
        async *open(fromByte = 0) {
          for (let at = fromByte; at < content.length; at += 100_000) yield content.subarray(at, at + 100_000);
        },
      };
      const carried = () => under.forwarder.connections.reduce((sum, it) => sum + it.bytes.up + it.bytes.down, 0);
      const before = carried();
      const rule = { fault: { kind: 'cut' }, afterBytes: UPLOAD_BYTES * 0.7 } as const;
      const open = under.forwarder.connections.filter((connection) => connection.isOpen);
      for (const direction of ['up', 'down'] as const) for (const it of open) it.arm({ ...rule, direction });
      await session.upload('cut.bin', bytes, limit());
      const back = await session.download('cut.bin', limit());
      const parts: Uint8Array[] = [];
      for await (const part of back?.open() ?? []) parts.push(part);
      expect(Buffer.concat(parts).equals(content)).toBe(true);
      // up, the part that was repeated, and down again
      const most = resumes ? 2.5 : 3;
      expect((carried() - before) / UPLOAD_BYTES).toBeLessThan(most);
      expect((carried() - before) / UPLOAD_BYTES).toBeGreaterThan(2);
    });

    test('an outage that outlasts the patience ends with the truth about the start (R63)', async () => {
      const session = await under.open(1_000);
      await session.capabilities(limit());
      await under.forwarder.set('refuse');
      under.forwarder.cutAll();
      try {
        const failing = session.start(newTicket(), launchOf('true'), limit());
        await expect(failing).rejects.toMatchObject({
          kind: 'TransportError',
          started: expect.stringMatching(/no|maybe/) as string,
        });
      } finally {
        await under.forwarder.set('forward');
      }
    });
  });
}
