import { mayMove, TASK_STATES, type TaskState } from '@octo/plane';
import { describe, expect, test } from 'vitest';
import { AT, type Bench, line, request, type StorageUnderTest } from './storage-under-test.ts';

/** The promises of `Tasks`. `bench` gives each test its own installation. */
export function tasksContract(bench: () => Bench): void {
  describe('tasks', () => {
    test('come back as they were queued, oldest first to a node', async () => {
      const { s, enqueue } = bench();
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

    test('a node that has enough of one type takes the oldest of the others (R93)', async () => {
      const { s, enqueue } = bench();
      const first = await enqueue();
      const but = { nodeId: 'n1', onlyOwn: false, except: [first.name] };
      expect(await s.tasks.claimNext(but, AT)).toBeUndefined();
      const other = await s.tasks.enqueue(first.spaceId, { ...request, name: 'Another' }, { nowMs: 1_000 });
      expect((await s.tasks.claimNext(but, AT))?.task.id).toBe(other.id);
      expect((await s.tasks.claimNext({ nodeId: 'n1', onlyOwn: false }, AT))?.task.id).toBe(first.id);
    });

    test('of several nodes and processes each takes its own, none is taken twice (R229)', async () => {
      const { s, enqueue, installation } = bench();
      await using other = await installation.open();
      for (let n = 0; n < 200; n++) await enqueue();
      const take = async (at: StorageUnderTest, nodeId: string) => {
        const ids: string[] = [];
        for (;;) {
          const taken = await at.tasks.claimNext({ nodeId, onlyOwn: false }, AT);
          if (!taken) return ids;
          ids.push(taken.task.id);
        }
      };
      const all = (await Promise.all([take(s, 'a'), take(s, 'b'), take(other, 'c'), take(other, 'd')])).flat();
      expect(all).toHaveLength(200);
      expect(new Set(all).size).toBe(200);
    });

    test("an in-process plane's task is taken by that node alone", async () => {
      const { s, enqueue } = bench();
      const own = await enqueue({ onlyNodeId: 'local-1' });
      const free = await enqueue();
      expect((await s.tasks.claimNext({ nodeId: 'server', onlyOwn: false }, AT))?.task.id).toBe(free.id);
      expect(await s.tasks.claimNext({ nodeId: 'server', onlyOwn: false }, AT)).toBeUndefined();
      expect((await s.tasks.claimNext({ nodeId: 'local-1', onlyOwn: true }, AT))?.task.id).toBe(own.id);
    });

    test.each(TASK_STATES.flatMap((from) => TASK_STATES.map((to) => [from, to] as const)))(
      '%s -> %s happens only where the table allows it (R213)',
      async (from, to) => {
        const { s, claimed } = bench();
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
      const { s, claimed } = bench();
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

    test('a node takes back what it lost sight of, and what it works on stays as it is', async () => {
      const { s, claimed } = bench();
      const [lost, works] = [await claimed(), await claimed()];
      const back = await s.tasks.adopt('n1', 'n1', { ...AT, except: [works.taskId] });
      expect(back.map(({ claim }) => claim)).toEqual([{ ...lost, fence: 2 }]);
      await s.journal.append(works, { lines: [line('still mine')] });
    });

    test('a cancel ends a queued task, asks a running one, and leaves an ended one alone (R153)', async () => {
      const { s, enqueue, claimed } = bench();
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
      const { s, enqueue } = bench();
      const late = await enqueue({ expiresAtMs: 1_500 });
      const own = await enqueue({ onlyNodeId: 'local-1' });
      const free = await enqueue();
      const change = { errorCode: 'X', errorMessage: 'why' };
      expect((await s.tasks.endQueued({ expiredAtMs: 2_000 }, 'TimedOut', change, 2_000)).map((t) => t.id)).toEqual([
        late.id,
      ]);
      expect((await s.tasks.endQueued({ onlyNodeId: 'local-1' }, 'Canceled', change, 2_000)).map((t) => t.id)).toEqual([
        own.id,
      ]);
      expect((await s.tasks.get(free.id))?.state).toBe('Queued');
      expect(await s.tasks.get(late.id)).toMatchObject({ state: 'TimedOut', errorCode: 'X', errorMessage: 'why' });
    });

    test('an expired task is not taken any more', async () => {
      const { s, enqueue } = bench();
      await enqueue({ expiresAtMs: 900 });
      expect(await s.tasks.claimNext({ nodeId: 'n1', onlyOwn: false }, AT)).toBeUndefined();
    });

    test('what it waits for is shown while it waits, and gone with the next state (R252)', async () => {
      const { s, enqueue } = bench();
      const { id } = await enqueue();
      const waiting = { for: 'a slot', sinceMs: 1, untilMs: 2, whenOver: 'it fails' };
      await s.tasks.setWaiting(id, waiting);
      expect((await s.tasks.get(id))?.waiting).toEqual(waiting);
      await s.tasks.claimNext({ nodeId: 'n1', onlyOwn: false }, AT);
      expect((await s.tasks.get(id))?.waiting).toBeUndefined();
    });

    test('lists are newest first, by page, and filtered', async () => {
      const { s, enqueue } = bench();
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

    test('ids are read in any case', async () => {
      const { s, enqueue } = bench();
      await enqueue();
      expect(await s.tasks.request('SERVERTASKS-1')).toEqual(request);
      await expect(s.tasks.request('ServerTasks-9')).rejects.toMatchObject({ code: 'OCTO_TASK_NOT_FOUND' });
    });

    test('a task put back in the queue is held by nobody, and its next holder has a higher fence (R213)', async () => {
      const { s, claimed } = bench();
      const old = await claimed('n1');
      expect(await s.tasks.move(old, 'Queued', {}, 2_000)).toBe(true);
      await expect(s.journal.append(old, { lines: [line('late')] })).rejects.toMatchObject({ code: 'OCTO_CLAIM_LOST' });
      expect(await s.tasks.renew('n1', 9)).toEqual([]);
      const next = await s.tasks.claimNext({ nodeId: 'n2', onlyOwn: false }, AT);
      expect(next?.claim).toEqual({ taskId: old.taskId, nodeId: 'n2', fence: 2 });
    });

    test('a claim is good until it says, is prolonged by its node, and ends when its node lets go', async () => {
      const { s, claimed } = bench();
      const claim = await claimed();
      const untilMs = async () => (await s.tasks.get(claim.taskId))?.claim?.untilMs;
      expect(await untilMs()).toBe(AT.untilMs);
      await s.tasks.renew('n1', 50_000);
      expect(await untilMs()).toBe(50_000);
      await s.tasks.detach(claim, 2_000);
      expect(await untilMs()).toBe(2_000);
      expect((await s.tasks.get(claim.taskId))?.state).toBe('Executing');
      expect((await s.tasks.adopt('n1', 'n2', AT)).map(({ claim: c }) => c.fence)).toEqual([2]);
    });

    test('an ended task is held by nobody, whatever its node was (R213)', async () => {
      const { s, claimed } = bench();
      const claim = await claimed();
      await s.tasks.setWaiting(claim.taskId, { for: 'a worker', sinceMs: 1, whenOver: 'it fails' });
      await s.tasks.move(claim, 'Failed', { errorCode: 'X', errorMessage: 'why' }, 2_000);
      expect(await s.tasks.get(claim.taskId)).toMatchObject({ completedAtMs: 2_000, errorCode: 'X' });
      expect((await s.tasks.get(claim.taskId))?.waiting).toBeUndefined();
      expect(await s.tasks.renew('n1', 9)).toEqual([]);
      expect(await s.tasks.adopt('n1', 'n2', AT)).toEqual([]);
      await expect(s.journal.append(claim, { lines: [line('late')] })).rejects.toMatchObject({
        code: 'OCTO_CLAIM_LOST',
      });
    });

    test('a list of several states is one list, newest first, and says how many there are', async () => {
      const { s, enqueue, claimed } = bench();
      const first = await claimed();
      await s.tasks.move(first, 'Success', {}, 2_000);
      const second = await claimed();
      await s.journal.append(second, { lines: [line('oh', { category: 'Warning' })] });
      for (let n = 0; n < 3; n++) await enqueue();
      const of = async (filter: object, page = { skip: 0, take: 9 }) => {
        const { items, total } = await s.tasks.list({ ...filter, ...page });
        return [items.map((t) => Number(t.id.split('-')[1])), total];
      };
      expect(await of({ states: ['Success', 'Queued', 'Success'] })).toEqual([[5, 4, 3, 1], 4]);
      expect(await of({ states: ['Queued', 'Success'] }, { skip: 2, take: 2 })).toEqual([[3, 1], 4]);
      expect(await of({ states: [] })).toEqual([[], 0]);
      expect(await of({ states: ['Queued', 'Success'], nodeId: 'n1' })).toEqual([[1], 1]);
      expect(await of({ spaceIds: ['Spaces-1'] })).toEqual([[5, 4, 3, 2, 1], 5]);
      expect(await of({ spaceIds: ['Spaces-2'] })).toEqual([[], 0]);
      expect(await of({ hasWarningsOrErrors: true })).toEqual([[2], 1]);
      expect(await s.tasks.counts()).toEqual({ Queued: 3, Executing: 1, Success: 1 });
    });
  });
}
/** States to go through from Executing to get to `state`. */
function wayTo(state: TaskState): readonly TaskState[] {
  if (state === 'Executing') return [];
  return state === 'Canceled' ? ['Cancelling', 'Canceled'] : [state];
}
