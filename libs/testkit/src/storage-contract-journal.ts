import { type RunRecord } from '@octo/plane';
import { describe, expect, test } from 'vitest';
import { textBytes } from './bytes.ts';
import { AT, type Bench, line } from './storage-under-test.ts';

const signal = () => AbortSignal.timeout(10_000);

/** The promises of `Journal` and `ArtifactStore`. */
export function journalContract(bench: () => Bench): void {
  describe('the journal', () => {
    test('numbers lines without gaps, over appends and openings, and reads on from any of them (R144)', async () => {
      const { s, claimed, installation } = bench();
      const claim = await claimed();
      expect(await s.journal.append(claim, { lines: [line('1'), line('2')] })).toBe(2);
      await s.journal.appendUnclaimed(claim.taskId, [line('3')]);
      await using other = await installation.open();
      await other.journal.append(claim, { lines: [line('4', { category: 'Error', activityId: '1/1' })] });
      const all = await s.journal.read(claim.taskId, 0, 100_000);
      expect(all.map((l) => `${l.seq} ${l.text}`)).toEqual(['1 1', '2 2', '3 3', '4 4']);
      expect(all[3]).toMatchObject({ category: 'Error', activityId: '1/1', atMs: 5 });
      expect((await s.journal.read(claim.taskId, 2, 100_000)).map((l) => l.seq)).toEqual([3, 4]);
      expect((await s.journal.size(claim.taskId)).lastSeq).toBe(4);
      expect((await s.tasks.get(claim.taskId))?.hasWarningsOrErrors).toBe(true);
    });

    test('a page is bounded, and has at least one line if there is one', async () => {
      const { s, claimed } = bench();
      const claim = await claimed();
      await s.journal.append(claim, {
        lines: Array.from({ length: 500 }, (_, n) => line(`${n} ${'x'.repeat(1_000)}`)),
      });
      const seen: number[] = [];
      for (let after = 0; ;) {
        const page = await s.journal.read(claim.taskId, after, 10_000);
        if (page.length === 0) break;
        expect(page.length).toBeLessThan(50);
        seen.push(...page.map((l) => l.seq));
        after = seen.at(-1) ?? after;
      }
      expect(seen).toEqual(Array.from({ length: 500 }, (_, n) => n + 1));
      expect(await s.journal.read(claim.taskId, 0, 1)).toHaveLength(1);
    });

    test('packed lines are the same lines, from any number on', async () => {
      const { s, claimed } = bench();
      const claim = await claimed();
      const texts = Array.from({ length: 30 }, (_, n) => `${n} "quoted"\n\u2028 ${'é'.repeat(20_000)}`);
      await s.journal.append(claim, { lines: texts.slice(0, 1).map((text) => line(text)) });
      await s.journal.append(claim, { lines: texts.slice(1).map((text) => line(text)) });
      for (const from of [0, 1, 2, 13, 29]) {
        let after = from;
        for (;;) {
          const { first, last, rows } = await s.journal.readPacked(claim.taskId, after, 100_000);
          if (last < first) break;
          const whole = await s.journal.read(claim.taskId, after, 10_000_000);
          const expected = whole.filter((l) => l.seq <= last).map((l) => [l.activityId, l.category, l.atMs, l.text]);
          expect(first).toBe(after + 1);
          expect(JSON.parse(`[${rows}]`)).toEqual(expected);
          expect(rows.length).toBeLessThan(700_000);
          after = last;
        }
        expect(after).toBe(30);
      }
    });

    test('an entry is stored whole or not at all', async () => {
      const { s, claimed } = bench();
      const claim = await claimed();
      const unknown = { taskId: claim.taskId, action: 1, attempt: 1, key: 'never prepared', state: 'ended' as const };
      const entry = { lines: [line('gone')], activities: [{ id: '', name: 'x' }], masks: ['m'], runs: [unknown] };
      await expect(s.journal.append(claim, entry)).rejects.toMatchObject({ code: 'OCTO_RUN_UNKNOWN' });
      expect(await s.journal.read(claim.taskId, 0, 100)).toEqual([]);
      expect(await s.journal.activities(claim.taskId)).toEqual([]);
      expect(await s.journal.masks(claim.taskId)).toEqual([]);
    });

    test('writes that go together stand or fall each by itself', async () => {
      const { s, claimed } = bench();
      const [good, bad] = [await claimed(), await claimed('dead')];
      await s.tasks.adopt('dead', 'alive', AT);
      const results = await Promise.allSettled([
        s.journal.append(good, { lines: [line('a')] }),
        s.journal.append(bad, { lines: [line('b')] }),
        s.journal.append(good, { lines: [line('c')] }),
      ]);
      expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect((await s.journal.read(good.taskId, 0, 100)).map((l) => l.text)).toEqual(['a', 'c']);
    });

    test('activities keep their order and change only where a change says so', async () => {
      const { s, claimed } = bench();
      const claim = await claimed();
      await s.journal.append(claim, {
        activities: [
          { id: '', name: 'all', state: 'Running', startedAtMs: 1 },
          { id: '1', name: 'one' },
        ],
      });
      await s.journal.append(claim, {
        activities: [{ id: '1', state: 'Success', endedAtMs: 9, progress: 50, progressMessage: 'half' }],
      });
      expect(await s.journal.activities(claim.taskId)).toEqual([
        { id: '', name: 'all', state: 'Running', startedAtMs: 1 },
        { id: '1', name: 'one', state: 'Success', endedAtMs: 9, progress: 50, progressMessage: 'half' },
      ]);
    });

    test('a record of a run is merged change by change, with its secrets sealed', async () => {
      const { s, claimed } = bench();
      const { taskId, ...claim } = await claimed();
      const key = { taskId, action: 1, attempt: 1, key: '1' };
      const record: RunRecord = {
        ...key,
        kind: 'run',
        digest: 'd',
        state: 'prepared',
        ticket: 't1',
        workerId: 'w',
        workerName: 'w1',
        style: 'None',
        endpoint: { Password: 'planted-secret' },
        cursor: '',
      };
      const held = { taskId, ...claim };
      await s.journal.append(held, { runs: [record] });
      await s.journal.append(held, {
        runs: [{ ...key, cursor: '7', state: 'started', handle: 'h', parser: { partial: 'planted-secret' } }],
      });
      await s.journal.append(held, {
        runs: [{ ...key, state: 'finished', end: 'exited', exitCode: 3, result: { message: 'm' } }],
      });
      const merged = { ...record, state: 'finished', cursor: '7', handle: 'h', end: 'exited', exitCode: 3 };
      expect(await s.journal.findRun(key)).toEqual({
        ...merged,
        parser: { partial: 'planted-secret' },
        result: { message: 'm' },
      });
      expect(await s.journal.findRun({ ...key, key: '2' })).toBeUndefined();
      expect(await s.journal.runs(taskId)).toHaveLength(1);
    });

    test('the last value of an output wins; masks and outputs come back in clear (calamari.md 5.4)', async () => {
      const { s, claimed } = bench();
      const claim = await claimed();
      const output = { action: 1, actionName: 'a', name: 'V', value: 'old', sensitive: false };
      await s.journal.append(claim, { outputs: [output], masks: ['m1'] });
      await s.journal.append(claim, {
        outputs: [{ ...output, name: 'v', value: 'new', sensitive: true }],
        masks: ['m2'],
      });
      expect(await s.journal.outputs(claim.taskId)).toEqual([{ ...output, name: 'v', value: 'new', sensitive: true }]);
      expect(await s.journal.masks(claim.taskId)).toEqual(['m1', 'm2']);
    });

    test('an artifact declared twice is one, and its bytes come back as they went', async () => {
      const { s, claimed } = bench();
      const claim = await claimed();
      const declared = { action: 1, name: 'r.txt', path: '/x/r.txt' };
      await s.journal.append(claim, { artifacts: [declared, declared] });
      const [artifact] = await s.journal.artifacts(claim.taskId);
      expect(await s.journal.artifacts(claim.taskId)).toHaveLength(1);
      expect(await s.artifacts.get(artifact!.id)).toBeUndefined();
      await s.artifacts.put(claim, artifact!.id, textBytes('hello artifact'), signal());
      const found = await s.artifacts.get(artifact!.id);
      expect(found?.artifact).toMatchObject({ ...declared, sizeBytes: 14 });
      const chunks: Uint8Array[] = [];
      for await (const chunk of found?.content.open(6) ?? []) chunks.push(chunk);
      expect(Buffer.concat(chunks).toString()).toBe('artifact');
    });

    test('a page goes over many small appends as over few large ones', async () => {
      const { s, claimed } = bench();
      const claim = await claimed();
      await Promise.all(Array.from({ length: 1_200 }, (_, n) => s.journal.append(claim, { lines: [line(String(n))] })));
      const all = await s.journal.read(claim.taskId, 0, 1_000_000);
      expect(all.map((l) => l.text)).toEqual(Array.from({ length: 1_200 }, (_, n) => String(n)));
      expect((await s.journal.read(claim.taskId, 1_100, 1_000_000)).map((l) => l.seq)[0]).toBe(1_101);
      expect(await s.journal.read(claim.taskId, 1_200, 1_000)).toEqual([]);
    });

    test('texts come back as they were written', async () => {
      const { s, claimed } = bench();
      const claim = await claimed();
      const texts = ['', 'a\nb\r\n', 'tab\tnul\0', '"quoted" \\ \u2028', 'žluťoučký 🦑', '\ud83d'];
      await s.journal.append(claim, { lines: texts.map((text) => line(text)) });
      expect((await s.journal.read(claim.taskId, 0, 10_000)).map((l) => l.text)).toEqual(texts);
    });

    test('bytes that are older than asked are swept; what is left of them says so', async () => {
      const { s, claimed } = bench();
      const claim = await claimed();
      await s.journal.append(claim, { artifacts: [{ action: 1, name: 'r', path: '/r' }] });
      const { id } = (await s.journal.artifacts(claim.taskId))[0]!;
      await s.artifacts.put(claim, id, textBytes('old'), signal());
      expect(await s.artifacts.sweep(Date.now() - 60_000)).toBe(0);
      expect(await s.artifacts.get(id)).toBeDefined();
      expect(await s.artifacts.sweep(Date.now() + 60_000)).toBeGreaterThanOrEqual(1);
      await expect(s.artifacts.get(id)).rejects.toMatchObject({ code: 'OCTO_ARTIFACT_EXPIRED' });
      expect(await s.journal.artifacts(claim.taskId)).toMatchObject([{ id, sizeBytes: 3 }]);
    });

    test('bytes of an artifact are replaced whole, and only by who holds the task (I3)', async () => {
      const { s, claimed } = bench();
      const claim = await claimed('dead');
      await s.journal.append(claim, { artifacts: [{ action: 1, name: 'r', path: '/r' }] });
      const [artifact] = await s.journal.artifacts(claim.taskId);
      const stored = async () => {
        const found = await s.artifacts.get(artifact!.id);
        const chunks: Uint8Array[] = [];
        for await (const chunk of found?.content.open() ?? []) chunks.push(chunk);
        return [Buffer.concat(chunks).toString(), found?.artifact.sizeBytes];
      };
      await s.artifacts.put(claim, artifact!.id, textBytes('first'), signal());
      await s.artifacts.put(claim, artifact!.id, textBytes('second try'), signal());
      expect(await stored()).toEqual(['second try', 10]);
      const [adopted] = await s.tasks.adopt('dead', 'alive', AT);
      await expect(s.artifacts.put(claim, artifact!.id, textBytes('late'), signal())).rejects.toMatchObject({
        code: 'OCTO_CLAIM_LOST',
      });
      const torn = { sizeBytes: 9, open: () => tornStream() };
      await expect(s.artifacts.put(adopted!.claim, artifact!.id, torn, signal())).rejects.toThrow('torn');
      await expect(s.artifacts.put(adopted!.claim, 'Artifacts-99', textBytes('x'), signal())).rejects.toMatchObject({
        code: 'OCTO_ARTIFACT_UNKNOWN',
      });
      await expect(
        s.artifacts.put(adopted!.claim, artifact!.id, textBytes('x'), AbortSignal.abort(new Error('stopped'))),
      ).rejects.toMatchObject({ name: 'AbortError' });
      expect(await stored()).toEqual(['second try', 10]);
    });
  });
}

async function* tornStream(): AsyncIterable<Uint8Array> {
  yield Buffer.from('half');
  throw new Error('torn');
}
