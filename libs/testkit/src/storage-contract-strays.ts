import { SYSTEM_ACTOR, type Stray } from '@octo/plane';
import { describe, expect, test } from 'vitest';
import { type Bench } from './storage-under-test.ts';

const stray: Stray = {
  ticket: 't1',
  cursor: '7',
  workerId: 'BuiltIn-n1',
  taskId: 'ServerTasks-1',
  sinceMs: 5_000_000_000_000,
  why: 'pid 4711 may still run',
  isExclusive: true,
};

/** The promises of `Strays`. */
export function straysContract(bench: () => Bench): void {
  describe('scripts that may still run (R159)', () => {
    test('are known to whoever opens the storage next, the oldest first, until they are taken off', async () => {
      const { s, installation } = bench();
      expect(await s.strays.list()).toEqual([]);
      const older: Stray = { ...stray, ticket: 't2', handle: 'h', sinceMs: 4, isExclusive: false };
      await s.strays.add(stray);
      await s.strays.add(older);
      await using other = await installation.open();
      expect(await other.strays.list()).toEqual([older, stray]);
      expect(await other.strays.remove('t1')).toBe(true);
      expect(await s.strays.remove('t1')).toBe(false);
      expect(await s.strays.list()).toEqual([older]);
    });

    test('that are seen again keep their time, and have newer words', async () => {
      const { s } = bench();
      await s.strays.add(stray);
      await s.strays.add({ ...stray, sinceMs: stray.sinceMs + 9, why: 'it runs', cursor: '9' });
      expect(await s.strays.list()).toEqual([{ ...stray, why: 'it runs', cursor: '9' }]);
    });

    test('go with their worker, and with no other', async () => {
      const { s } = bench();
      const worker = await s.workers.add({
        spaceId: 'Spaces-1',
        name: 'w',
        slug: '',
        poolIds: [],
        machinePolicyId: '',
        isDisabled: false,
        health: 'Healthy',
        statusSummary: '',
        style: 'Ssh',
        endpoint: {},
        details: {},
      });
      await s.strays.add({ ...stray, workerId: worker.id });
      await s.strays.add({ ...stray, ticket: 't2' });
      await s.workers.remove(worker, 0, ({ id }) => ({
        spaceId: 'Spaces-1',
        category: 'Deleted',
        actor: SYSTEM_ACTOR,
        atMs: 1,
        message: 'gone',
        documentType: 'Worker',
        documentIds: [id],
        differences: [],
      }));
      expect(await s.strays.list()).toMatchObject([{ ticket: 't2' }]);
    });
  });
}
