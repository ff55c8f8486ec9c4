import fc from 'fast-check';
import { readdirSync, readlinkSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { HalibutError } from './errors.ts';
import { Frames } from './frames.ts';
import { IncomingStream } from './incoming.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { Guid } from './values.ts';
import { Wire } from './wire.ts';

/** Temporary files that this process has open: they have no names. */
function spools(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      return file.includes(`halibut-${process.pid}-`) ? [file] : [];
    } catch {
      return []; // that of the list itself
    }
  });
}

describe('data streams', () => {
  const frameOf = (id: Guid, content: Uint8Array) => {
    const length = Buffer.alloc(8);
    length.writeBigInt64LE(BigInt(content.length));
    return Buffer.concat([id.bytes, length, content, length]);
  };
  const scene = fc.record({
    contents: fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 3 }),
    /** In which order they come, and in which they are read. */
    order: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
    cuts: fc.array(fc.nat(700), { maxLength: 6 }),
    harm: fc.option(fc.record({ at: fc.nat(700), to: fc.nat(255) })),
    keptBytes: fc.option(fc.nat(700)),
  });

  test('arrive as they were sent, in any order and any pieces; harmed or cut ones are refused, or end, and nothing hangs', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ contents, order, cuts, harm, keptBytes }) => {
        const ids = contents.map(() => Guid.random());
        const places = order.filter((at) => at < contents.length);
        const whole = Buffer.concat(places.map((at) => frameOf(ids[at] as Guid, contents[at] as Uint8Array))); // in range
        const isHarmed = harm !== null && harm.at < whole.length && whole[harm.at] !== harm.to;
        if (isHarmed) whole[harm.at] = harm.to;
        const isCut = keptBytes !== null && keptBytes < whole.length;
        const bytes = isCut ? whole.subarray(0, keptBytes) : whole;
        const source = new PassThrough();
        const streams = ids.map((id, at) => new IncomingStream(id, contents[at]?.length ?? 0));
        const limits = { ...DEFAULT_LIMITS, readWriteMs: 300 };
        new Frames(new Wire(source, 'peer'), limits, streams); // attaches itself
        const ends = [...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
        ends.forEach((end, n) => source.write(bytes.subarray(n === 0 ? 0 : ends[n - 1], end)));
        source.end();
        const read = streams.map(async (stream) => {
          const pieces: Uint8Array[] = [];
          for await (const piece of stream.read(AbortSignal.timeout(2_000))) pieces.push(piece);
          return Buffer.concat(pieces);
        });
        const seen = await Promise.allSettled(read);
        expect(isHarmed || isCut ? [] : spools()).toEqual([]); // what was read needs no file any more
        await Promise.allSettled(streams.map((stream) => stream[Symbol.asyncDispose]()));
        expect(spools()).toEqual([]); // nor does what nobody could read
        // Whole, or refused with a reason; a byte of the content itself may have changed.
        const isSound = (it: PromiseSettledResult<Buffer>, at: number) =>
          it.status === 'rejected' ? HalibutError.isOne(it.reason) : it.value.length === contents[at]?.length;
        expect(seen.filter((it, at) => !isSound(it, at))).toEqual([]);
        const texts = seen.map((it) => (it.status === 'fulfilled' ? it.value.toString('hex') : 'refused'));
        const wanted = contents.map((it) => Buffer.from(it).toString('hex'));
        expect(isHarmed || isCut ? wanted : texts).toEqual(wanted);
      }),
      { numRuns: 500 },
    );
  });
});
