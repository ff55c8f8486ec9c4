import { type NewEvent, SYSTEM_ACTOR } from '@octo/plane';
import { describe, expect, test } from 'vitest';
import { type Bench } from './storage-under-test.ts';

const event = (message: string): NewEvent => ({
  spaceId: 'Spaces-1',
  category: 'TaskStateChanged',
  actor: SYSTEM_ACTOR,
  atMs: 1_000,
  message,
  documentType: 'ServerTask',
  documentIds: ['ServerTasks-1'],
  differences: [],
});

/** What `Tasks` promises of tasks that are over, and of finding them. */
export function endedTasksContract(bench: () => Bench): void {
  describe('ended tasks', () => {
    test('get another state by hand, with its reason; running ones do not', async () => {
      const { s, claimed } = bench();
      const claim = await claimed();
      expect(await s.tasks.override(claim.taskId, 'Success', 'r', event('early'))).toBeUndefined();
      await s.tasks.move(claim, 'Failed', { errorMessage: 'why' }, 5);
      expect(await s.tasks.override(claim.taskId, 'Success', 'looked at', event('late'))).toMatchObject({
        state: 'Success',
      });
      expect((await s.tasks.get(claim.taskId))?.errorMessage).toBe('looked at');
    });

    test('are deleted by age and number, but for the newest of each type (R218)', async () => {
      const { s, claimed, enqueue } = bench();
      for (let n = 0; n < 6; n++) await s.tasks.move(await claimed(), 'Success', {}, 1_000 + n);
      await enqueue();
      const rule = { sinceMs: 1_004, keep: 9, keepOfEach: 2, limit: 3 };
      expect(await s.tasks.sweep(rule)).toHaveLength(3);
      expect(await s.tasks.sweep(rule)).toHaveLength(1);
      expect(await s.tasks.sweep(rule)).toEqual([]);
      const left = await s.tasks.list({ skip: 0, take: 9 });
      expect(left.items.map((it) => it.state)).toEqual(['Queued', 'Success', 'Success']);
      expect(left.total).toBe(3);
      const few = { sinceMs: 0, keep: 1, keepOfEach: 0, limit: 9 };
      expect(await s.tasks.sweep(few)).toHaveLength(1);
    });

    test('are found by the worker that they had, and by who is ahead in the queue', async () => {
      const { s, claimed, enqueue } = bench();
      const claim = await claimed();
      const lease = {
        taskId: claim.taskId,
        spaceId: 'Spaces-1',
        nodeId: 'n',
        takenAtMs: 1,
        untilMs: 100,
        exclusive: false,
      };
      await s.leases.release((await s.leases.take({ ...lease, workerId: 'Workers-7' })).id);
      const of = async (filter: object) =>
        (await s.tasks.list({ ...filter, skip: 0, take: 9 })).items.map((it) => it.id);
      expect(await of({ workerId: 'Workers-7' })).toEqual([claim.taskId]);
      expect(await of({ workerId: 'Workers-8' })).toEqual([]);
      await enqueue();
      await enqueue();
      const [last, first] = await of({ states: ['Queued'] });
      expect(await of({ queuedBefore: last })).toEqual([first]);
    });
  });
}
