import {
  type ApiKeys,
  type ArtifactStore,
  type Claim,
  type Journal,
  type Leases,
  type Liveness,
  mayMove,
  type NewLine,
  type Nodes,
  type Pools,
  type RunRecord,
  type Settings,
  type Spaces,
  TASK_STATES,
  type TaskRequest,
  type Tasks,
  type TaskState,
  type Workers,
} from '@octo/plane';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { textBytes } from './bytes.ts';

/** The stores of one installation, as `storageContract` opens them. Opening again means: another process, same data. */
export interface StorageUnderTest extends AsyncDisposable {
  readonly tasks: Tasks;
  readonly journal: Journal;
  readonly artifacts: ArtifactStore;
  readonly leases: Leases;
  readonly workers: Workers;
  readonly pools: Pools;
  readonly nodes: Nodes;
  readonly liveness: Liveness;
  readonly settings: Settings;
  readonly apiKeys: ApiKeys;
  readonly spaces: Spaces;
  hold(nodeId: string): Promise<void>;
}
export interface Installation extends AsyncDisposable {
  open(): Promise<StorageUnderTest>;
}

const request: TaskRequest = {
  name: 'AdHocScript',
  description: 'say hi',
  actions: [{ name: 'a', type: 'Octopus.Script', properties: { 'Octopus.Action.Script.ScriptBody': 'echo hi' } }],
  variables: [{ name: 'P', value: 'planted-secret', sensitive: true }],
};
const line = (text: string, more: Partial<NewLine> = {}): NewLine => ({
  activityId: '',
  category: 'Info',
  atMs: 5,
  text,
  ...more,
});
const AT = { nowMs: 1_000, untilMs: 31_000 };
const signal = () => AbortSignal.timeout(10_000);

/** What every storage promises (see ports.ts of @octo/plane). Run it for each database. */
export function storageContract(name: string, install: () => Promise<Installation>): void {
  describe(`${name} keeps the storage contract`, () => {
    let installation: Installation;
    let s: StorageUnderTest;
    beforeEach(async () => {
      installation = await install();
      s = await installation.open();
    });
    afterEach(async () => {
      await s[Symbol.asyncDispose]();
      await installation[Symbol.asyncDispose]();
    });
    const enqueue = (more: Partial<Parameters<Tasks['enqueue']>[2]> = {}) =>
      s.tasks.enqueue('Spaces-1', request, { nowMs: 1_000, ...more });
    const claimed = async (nodeId = 'n1'): Promise<Claim> => {
      await enqueue();
      const taken = await s.tasks.claimNext({ nodeId, onlyOwn: false }, AT);
      if (!taken) throw new Error('nothing to claim');
      return taken.claim;
    };

    describe('tasks', () => {
      test('come back as they were queued, oldest first to a node', async () => {
        const [first, second] = [await enqueue(), await enqueue()];
        expect(first).toMatchObject({
          id: 'ServerTasks-1',
          state: 'Queued',
          description: 'say hi',
          hasWarningsOrErrors: false,
        });
        expect(await s.tasks.request(second.id)).toEqual(request);
        const taken = await s.tasks.claimNext({ nodeId: 'n1', onlyOwn: false }, AT);
        expect(taken).toMatchObject({ task: { id: first.id, state: 'Executing' }, claim: { nodeId: 'n1', fence: 1 } });
        expect(await s.tasks.get('servertasks-1')).toMatchObject({ startedAtMs: 1_000, claim: { nodeId: 'n1' } });
        expect(await s.tasks.get('ServerTasks-99')).toBeUndefined();
        expect(await s.tasks.get('Workers-1')).toBeUndefined();
      });

      test('of several nodes and processes each takes its own, none is taken twice (R229)', async () => {
        await using other = await installation.open();
        for (let n = 0; n < 60; n++) await enqueue();
        const take = async (at: StorageUnderTest, nodeId: string) => {
          const ids: string[] = [];
          for (;;) {
            const taken = await at.tasks.claimNext({ nodeId, onlyOwn: false }, AT);
            if (!taken) return ids;
            ids.push(taken.task.id);
          }
        };
        const all = (await Promise.all([take(s, 'a'), take(s, 'b'), take(other, 'c'), take(other, 'd')])).flat();
        expect(all).toHaveLength(60);
        expect(new Set(all).size).toBe(60);
      });

      test("an in-process plane's task is taken by that node alone", async () => {
        const own = await enqueue({ onlyNodeId: 'local-1' });
        const free = await enqueue();
        expect((await s.tasks.claimNext({ nodeId: 'server', onlyOwn: false }, AT))?.task.id).toBe(free.id);
        expect(await s.tasks.claimNext({ nodeId: 'server', onlyOwn: false }, AT)).toBeUndefined();
        expect((await s.tasks.claimNext({ nodeId: 'local-1', onlyOwn: true }, AT))?.task.id).toBe(own.id);
      });

      test.each(TASK_STATES.flatMap((from) => TASK_STATES.map((to) => [from, to] as const)))(
        '%s -> %s happens only where the table allows it (R213)',
        async (from, to) => {
          if (from === 'Queued') return; // nobody holds it: `move` is for holders
          const claim = await claimed();
          for (const state of wayTo(from)) await s.tasks.move(claim, state, {}, 2_000);
          const before = await s.tasks.get(claim.taskId);
          expect(before?.state).toBe(from);
          expect(await s.tasks.move(claim, to, { errorMessage: 'because' }, 3_000)).toBe(mayMove(from, to));
          expect((await s.tasks.get(claim.taskId))?.state).toBe(mayMove(from, to) ? to : from);
        },
      );

      test('adopting raises the fence; whoever held it before can write nothing any more (I3)', async () => {
        const old = await claimed('dead');
        const [adopted] = await s.tasks.adopt('dead', 'alive', AT);
        expect(adopted?.claim).toEqual({ taskId: old.taskId, nodeId: 'alive', fence: 2 });
        await expect(s.journal.append(old, { lines: [line('late')] })).rejects.toMatchObject({
          code: 'OCTO_CLAIM_LOST',
        });
        await expect(s.tasks.move(old, 'Success', {}, 2_000)).rejects.toMatchObject({ code: 'OCTO_CLAIM_LOST' });
        expect(await s.journal.read(old.taskId, 0, 1_000)).toEqual([]);
        expect(await s.tasks.renew('alive', 9)).toEqual([{ taskId: old.taskId, state: 'Executing', fence: 2 }]);
        expect(await s.tasks.renew('dead', 9)).toEqual([]);
      });

      test('a cancel ends a queued task, asks a running one, and leaves an ended one alone (R153)', async () => {
        const queued = await enqueue();
        expect(await s.tasks.requestCancel(queued.id, 2_000)).toMatchObject({
          state: 'Canceled',
          completedAtMs: 2_000,
        });
        const claim = await claimed();
        expect((await s.tasks.requestCancel(claim.taskId, 2_000))?.state).toBe('Cancelling');
        await s.tasks.move(claim, 'Canceled', {}, 3_000);
        expect(await s.tasks.requestCancel(claim.taskId, 4_000)).toMatchObject({
          state: 'Canceled',
          completedAtMs: 3_000,
        });
        expect(await s.tasks.requestCancel('ServerTasks-77', 1)).toBeUndefined();
      });

      test('queued tasks end when their time is over or their process is gone; others stay (R211)', async () => {
        const late = await enqueue({ expiresAtMs: 1_500 });
        const own = await enqueue({ onlyNodeId: 'local-1' });
        const free = await enqueue();
        const change = { errorCode: 'X', errorMessage: 'why' };
        expect((await s.tasks.endQueued({ expiredAtMs: 2_000 }, 'TimedOut', change, 2_000)).map((t) => t.id)).toEqual([
          late.id,
        ]);
        expect(
          (await s.tasks.endQueued({ onlyNodeId: 'local-1' }, 'Canceled', change, 2_000)).map((t) => t.id),
        ).toEqual([own.id]);
        expect((await s.tasks.get(free.id))?.state).toBe('Queued');
        expect(await s.tasks.get(late.id)).toMatchObject({ state: 'TimedOut', errorCode: 'X', errorMessage: 'why' });
      });

      test('an expired task is not taken any more', async () => {
        await enqueue({ expiresAtMs: 900 });
        expect(await s.tasks.claimNext({ nodeId: 'n1', onlyOwn: false }, AT)).toBeUndefined();
      });

      test('what it waits for is shown while it waits, and gone with the next state (R252)', async () => {
        const { id } = await enqueue();
        const waiting = { for: 'a slot', sinceMs: 1, untilMs: 2, whenOver: 'it fails' };
        await s.tasks.setWaiting(id, waiting);
        expect((await s.tasks.get(id))?.waiting).toEqual(waiting);
        await s.tasks.claimNext({ nodeId: 'n1', onlyOwn: false }, AT);
        expect((await s.tasks.get(id))?.waiting).toBeUndefined();
      });

      test('lists are newest first, by page, and filtered', async () => {
        for (let n = 0; n < 5; n++) await enqueue();
        await s.tasks.requestCancel('ServerTasks-2', 2_000);
        const page = await s.tasks.list({ skip: 1, take: 2 });
        expect([page.total, page.items.map((t) => t.id)]).toEqual([5, ['ServerTasks-4', 'ServerTasks-3']]);
        const ids = async (filter: object) =>
          (await s.tasks.list({ skip: 0, take: 9, ...filter })).items.map((t) => t.id);
        expect(await ids({ states: ['Canceled'] })).toEqual(['ServerTasks-2']);
        expect(await ids({ ids: ['ServerTasks-1', 'ServerTasks-404', 'nonsense'] })).toEqual(['ServerTasks-1']);
        expect(await ids({ ids: [] })).toEqual([]);
        expect(await ids({ partialName: 'SAY' })).toHaveLength(5);
        expect(await ids({ partialName: '%' })).toEqual([]);
        expect(await s.tasks.counts()).toEqual({ Queued: 4, Canceled: 1 });
      });
    });

    describe('the journal', () => {
      test('numbers lines without gaps, over appends and openings, and reads on from any of them (R144)', async () => {
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

      test('an entry is stored whole or not at all', async () => {
        const claim = await claimed();
        const unknown = { taskId: claim.taskId, action: 1, attempt: 1, key: 'never prepared', state: 'ended' as const };
        const entry = { lines: [line('gone')], activities: [{ id: '', name: 'x' }], masks: ['m'], runs: [unknown] };
        await expect(s.journal.append(claim, entry)).rejects.toMatchObject({ code: 'OCTO_RUN_UNKNOWN' });
        expect(await s.journal.read(claim.taskId, 0, 100)).toEqual([]);
        expect(await s.journal.activities(claim.taskId)).toEqual([]);
        expect(await s.journal.masks(claim.taskId)).toEqual([]);
      });

      test('writes that go together stand or fall each by itself', async () => {
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
        const claim = await claimed();
        const output = { action: 1, actionName: 'a', name: 'V', value: 'old', sensitive: false };
        await s.journal.append(claim, { outputs: [output], masks: ['m1'] });
        await s.journal.append(claim, {
          outputs: [{ ...output, name: 'v', value: 'new', sensitive: true }],
          masks: ['m2'],
        });
        expect(await s.journal.outputs(claim.taskId)).toEqual([
          { ...output, name: 'v', value: 'new', sensitive: true },
        ]);
        expect(await s.journal.masks(claim.taskId)).toEqual(['m1', 'm2']);
      });

      test('an artifact declared twice is one, and its bytes come back as they went', async () => {
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
    });

    test('leases count while they are good, and are remembered for who rested longest (R56, R67, R70)', async () => {
      const lease = { taskId: 't', spaceId: 'Spaces-1', nodeId: 'n1', exclusive: false, untilMs: 100 };
      const first = await s.leases.take({ ...lease, workerId: 'w1', takenAtMs: 10 });
      await s.leases.take({ ...lease, workerId: 'w1', takenAtMs: 20, untilMs: 50, nodeId: 'n2' });
      const load = async (nowMs: number) => (await s.leases.load(['w1', 'w2'], nowMs)).get('w1');
      expect(await load(30)).toEqual({ active: 2, lastLeasedAtMs: 20 });
      expect(await load(60)).toEqual({ active: 1, lastLeasedAtMs: 20 });
      await s.leases.renew('n2', 500);
      expect(await load(60)).toMatchObject({ active: 2 });
      await s.leases.release(first.id);
      await s.leases.releaseOfNode('n2');
      expect(await s.leases.list(0)).toEqual([]);
      expect(await load(60)).toEqual({ active: 0, lastLeasedAtMs: 20 });
      expect((await s.leases.load(['w2'], 0)).get('w2')).toBeUndefined();
    });

    test('a fresh installation has one space and its default pool; there is always exactly one default (R33)', async () => {
      expect(await s.spaces.list()).toEqual([{ id: 'Spaces-1', name: 'Default', slug: 'default', isDefault: true }]);
      expect(await s.pools.list('Spaces-1')).toMatchObject([
        { id: 'WorkerPools-1', name: 'Default Worker Pool', isDefault: true },
      ]);
      await s.pools.add({
        spaceId: 'Spaces-1',
        name: ' Linux Prod ',
        slug: '',
        description: '',
        isDefault: true,
        sortOrder: 1,
      });
      expect((await s.pools.list('Spaces-1')).map((p) => [p.slug, p.isDefault])).toEqual([
        ['default-worker-pool', false],
        ['linux-prod', true],
      ]);
    });

    test('workers keep what their endpoint holds, and their names are unique in a space', async () => {
      const worker = {
        spaceId: 'Spaces-1',
        name: 'web 7',
        slug: '',
        poolIds: ['WorkerPools-1'],
        machinePolicyId: 'MachinePolicies-1',
        isDisabled: true,
        health: 'HasWarnings' as const,
        statusSummary: 's',
        style: 'Ssh',
        endpoint: { Host: 'web7', Strange: { deep: [1] } },
      };
      const added = await s.workers.add(worker);
      expect(await s.workers.get(added.id)).toEqual({ ...worker, id: 'Workers-1', slug: 'web-7' });
      expect(await s.workers.list('Spaces-1')).toHaveLength(1);
      await expect(s.workers.add({ ...worker, name: ' WEB 7' })).rejects.toMatchObject({
        code: 'OCTO_WORKER_NAME_TAKEN',
      });
    });

    test('a node that comes back keeps its task cap (R206)', async () => {
      const node = { id: 'n1', name: 'one', kind: 'server' as const, taskCap: 5, startedAtMs: 1, lastSeenMs: 1 };
      await s.nodes.register(node);
      expect(await s.nodes.setTaskCap('n1', 0)).toBe(true);
      expect(await s.nodes.setTaskCap('n9', 0)).toBe(false);
      expect(await s.nodes.register({ ...node, lastSeenMs: 7 })).toEqual({ ...node, taskCap: 0, lastSeenMs: 7 });
      await s.nodes.remove('n1');
      expect(await s.nodes.list()).toEqual([]);
    });

    test('a node is alive while somebody holds it, here or in another process, and cannot be held twice', async () => {
      const other = await installation.open();
      await other.hold('n1');
      expect(await s.liveness.isDead('n1')).toBe(false);
      await expect(s.hold('n1')).rejects.toMatchObject({ code: 'OCTO_STORAGE_NODE_HELD' });
      await other[Symbol.asyncDispose]();
      expect(await s.liveness.isDead('n1')).toBe(true);
      expect(await s.liveness.isDead('never-seen')).toBe(true);
    });

    test('settings and keys are kept; keys only as their hash', async () => {
      expect(await s.settings.get('x', 'fallback')).toBe('fallback');
      await s.settings.set('x', { deep: [1] });
      await s.settings.set('x', false);
      expect(await s.settings.get('x', true)).toBe(false);
      expect(await s.apiKeys.count()).toBe(0);
      await s.apiKeys.add({ hash: 'h1', hint: 'API-ABC', purpose: 'p', nowMs: 3 });
      expect(await s.apiKeys.find('h1')).toEqual({ id: 'apikeys-1', hint: 'API-ABC', purpose: 'p', createdAtMs: 3 });
      expect(await s.apiKeys.find('h2')).toBeUndefined();
    });
  });
}

/** States to go through from Executing to get to `state`. */
function wayTo(state: TaskState): readonly TaskState[] {
  if (state === 'Executing') return [];
  return state === 'Canceled' ? ['Cancelling', 'Canceled'] : [state];
}
