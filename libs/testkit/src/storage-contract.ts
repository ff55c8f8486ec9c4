import { type Claim, type Tasks } from '@octo/plane';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { administrationContract } from './storage-contract-administration.ts';
import { endedTasksContract } from './storage-contract-ended.ts';
import { inboundContract } from './storage-contract-inbound.ts';
import { journalContract } from './storage-contract-journal.ts';
import { straysContract } from './storage-contract-strays.ts';
import { tasksContract } from './storage-contract-tasks.ts';
import { AT, type Bench, type Installation, request, type StorageUnderTest } from './storage-under-test.ts';

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

    const bench = (): Bench => ({ installation, s, enqueue, claimed });
    tasksContract(bench);
    administrationContract(bench);
    endedTasksContract(bench);
    journalContract(bench);
    inboundContract(bench);
    straysContract(bench);

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
      expect(await s.spaces.list()).toEqual([
        {
          id: 'Spaces-1',
          name: 'Default',
          slug: 'default',
          isDefault: true,
          description: '',
          isQueueStopped: false,
          managerTeamIds: ['teams-spacemanagers-Spaces-1'],
          managerUserIds: [],
          modifiedAtMs: 0,
        },
      ]);
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
        details: {},
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
        details: { OperatingSystem: 'Linux' },
      };
      const added = await s.workers.add(worker);
      expect(await s.workers.get(added.id)).toEqual({ ...worker, id: 'Workers-1', slug: 'web-7' });
      expect(await s.workers.list('Spaces-1')).toHaveLength(1);
      await expect(s.workers.add({ ...worker, name: ' WEB 7' })).rejects.toMatchObject({
        code: 'OCTO_WORKER_NAME_TAKEN',
      });
      const lost = { ...worker, name: 'web 8', poolIds: ['WorkerPools-1', 'WorkerPools-9'] };
      await expect(s.workers.add(lost)).rejects.toMatchObject({ code: 'OCTO_POOL_NOT_FOUND' });
      expect(await s.workers.list('Spaces-1')).toHaveLength(1);
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

    test('whoever looks whether a node lives keeps nobody from being it', async () => {
      await using other = await installation.open();
      let done = false;
      const look = async () => {
        while (!done) {
          await Promise.all([s.liveness.isDead('n1'), other.liveness.isDead('n1')]);
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      const looking = look();
      await s.hold('n1');
      done = true;
      await looking;
      expect(await other.liveness.isDead('n1')).toBe(false);
    });

    test('to remove a node does not make a living one look dead', async () => {
      await using other = await installation.open();
      await other.hold('n1');
      await s.nodes.remove('n1');
      expect(await s.liveness.isDead('n1')).toBe(false);
      await expect(s.hold('n1')).rejects.toMatchObject({ code: 'OCTO_STORAGE_NODE_HELD' });
      await other.nodes.remove('n1');
      expect(await s.liveness.isDead('n1')).toBe(true);
      await s.hold('n1');
    });

    test.each(['', '../n', 'a/b', '.hidden', 'n'.repeat(200)])('"%s" is no id of a node', async (id) => {
      await expect(s.hold(id)).rejects.toMatchObject({ code: 'OCTO_STORAGE_NODE_ID' });
      await expect(s.liveness.isDead(id)).rejects.toMatchObject({ code: 'OCTO_STORAGE_NODE_ID' });
    });

    test('settings and keys are kept; keys only as their hash', async () => {
      expect(await s.settings.get('x', 'fallback')).toBe('fallback');
      await s.settings.set('x', { deep: [1] });
      await s.settings.set('x', false);
      expect(await s.settings.get('x', true)).toBe(false);
      const swaps = [1, 2, 3].map((n) => s.settings.swap('due', null, { n }));
      expect((await Promise.all(swaps)).filter(Boolean)).toHaveLength(1); // of many nodes one is first
      const due = await s.settings.get<object>('due', {});
      expect(await s.settings.swap('due', { n: 9 }, { n: 4 })).toBe(false);
      expect(await s.settings.swap('due', due, { n: 4 })).toBe(true);
      expect(await s.settings.get('due', {})).toEqual({ n: 4 });
      expect(await s.apiKeys.count()).toBe(0);
      const key = { userId: 'Users-1', hint: 'API-ABC', purpose: 'p', createdAtMs: 3, expiresAtMs: 9 };
      await s.apiKeys.add({ ...key, hash: 'h1' });
      expect(await s.apiKeys.find('h1')).toEqual({ id: 'apikeys-1', ...key });
      expect(await s.apiKeys.find('h2')).toBeUndefined();
    });
  });
}
