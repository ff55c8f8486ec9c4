import { type Audit, type NewEvent, SYSTEM_ACTOR } from '@octo/plane';
import { describe, expect, test } from 'vitest';
import { AT, type Bench } from './storage-under-test.ts';

const event = (message: string, more: Partial<NewEvent> = {}): NewEvent => ({
  spaceId: 'Spaces-1',
  category: 'Modified',
  actor: { ...SYSTEM_ACTOR, userId: 'Users-1', username: 'admin' },
  atMs: 1_000,
  message,
  documentType: 'Worker',
  documentIds: ['Workers-1'],
  differences: [],
  ...more,
});
const told =
  (message: string): Audit<{ readonly id: string }> =>
  ({ id }) =>
    event(message, { documentIds: [id] });

/** The promises of `Documents`, `Events`, `Spaces`, and of changes to workers and pools. */
export function administrationContract(bench: () => Bench): void {
  describe('documents', () => {
    const account = {
      kind: 'accounts',
      prefix: 'Accounts',
      spaceId: 'Spaces-1',
      name: ' Deploy ',
      slug: '',
      members: { AccountType: 'Token', Strange: { deep: [1, null] } },
      secrets: { Token: 'planted-secret' },
    };

    test('keep what they were given; secrets come by a call of their own alone (R243)', async () => {
      const { s } = bench();
      const added = await s.documents.add(account, told('added'));
      expect(added).toMatchObject({ name: 'Deploy', slug: 'deploy', version: 1, secretNames: ['Token'] });
      expect(await s.documents.get('accounts', added.id.toLowerCase())).toEqual(added);
      expect(JSON.stringify(added)).not.toContain('planted');
      expect(await s.documents.secretsOf('accounts', added.id)).toEqual({ Token: 'planted-secret' });
      expect(added.members).toEqual(account.members);
      expect(await s.documents.list('accounts', 'Spaces-2')).toEqual([]);
      expect(await s.documents.get('proxies', added.id)).toBeUndefined();
    });

    test('a change names the version that it was made from; secrets that it does not name stay', async () => {
      const { s } = bench();
      const first = await s.documents.add({ ...account, secrets: { A: '1', B: '2', C: '3' } }, told('added'));
      const change = { name: 'Other', slug: 'deploy', members: {}, secrets: { A: 'new', B: null } };
      const second = await s.documents.update(first, change, told('changed'));
      expect(second).toMatchObject({
        id: first.id,
        version: 2,
        name: 'Other',
        modifiedAtMs: 1_000,
        modifiedBy: 'admin',
      });
      expect(await s.documents.secretsOf('accounts', first.id)).toEqual({ A: 'new', C: '3' });
      await expect(s.documents.update(first, change, told('late'))).rejects.toMatchObject({
        code: 'OCTO_DOCUMENT_STALE',
      });
      const both = await Promise.allSettled(
        [1, 2].map((n) => s.documents.update(second, { ...change, slug: `${n}` }, told('race'))),
      );
      expect(both.map((it) => it.status).toSorted()).toEqual(['fulfilled', 'rejected']);
    });

    test('names are taken once in a space, whatever their case; a number is never given twice', async () => {
      const { s } = bench();
      const first = await s.documents.add(account, told('added'));
      await expect(s.documents.add({ ...account, name: 'dePLOY' }, told('twice'))).rejects.toMatchObject({
        code: 'OCTO_DOCUMENT_NAME',
      });
      await s.documents.add({ ...account, kind: 'proxies' }, told('another kind'));
      await s.documents.remove(first, told('removed'));
      await expect(s.documents.remove(first, told('again'))).rejects.toMatchObject({ code: 'OCTO_DOCUMENT_GONE' });
      expect((await s.documents.add(account, told('anew'))).id).not.toBe(first.id);
    });
  });

  describe('the audit', () => {
    test('is written with the change or not at all (R235)', async () => {
      const { s } = bench();
      const before = (await s.events.list({ skip: 0, take: 1 })).total;
      const fails = (): NewEvent => {
        throw new Error('no event');
      };
      const document = { kind: 'x', prefix: 'X', spaceId: null, name: 'n', slug: '', members: {} };
      await expect(s.documents.add(document, fails)).rejects.toThrow('no event');
      expect(await s.documents.list('x')).toEqual([]);
      expect((await s.events.list({ skip: 0, take: 1 })).total).toBe(before);
    });

    test('comes newest first, by document, category, user, space and time', async () => {
      const { s } = bench();
      await s.events.add(event('1', { atMs: 10, differences: [{ member: 'Name', before: 'a', after: 'b' }] }));
      await s.events.add(
        event('2', { atMs: 20, spaceId: null, category: 'Deleted', documentIds: ['Users-9', 'Teams-1'] }),
      );
      await s.events.add(event('3', { atMs: 30, actor: SYSTEM_ACTOR, documentType: 'Proxy' }));
      const of = async (filter: object) =>
        (await s.events.list({ ...filter, skip: 0, take: 9 })).items.map((it) => it.message);
      expect(await of({ fromMs: 10, toMs: 30 })).toEqual(['3', '2', '1']);
      expect(await of({ regarding: ['teams-1'] })).toEqual(['2']);
      expect(await of({ categories: ['Deleted'], toMs: 30 })).toEqual(['2']);
      expect(await of({ userIds: ['users-system'], fromMs: 30, toMs: 30 })).toEqual(['3']);
      expect(await of({ spaceIds: [null], toMs: 30 })).toEqual(['2']);
      expect(await of({ documentTypes: ['Proxy'] })).toEqual(['3']);
      expect(await of({ spaceIds: [] })).toEqual([]);
      const [first] = (await s.events.list({ fromMs: 10, toMs: 10, skip: 0, take: 1 })).items;
      expect(first?.differences).toEqual([{ member: 'Name', before: 'a', after: 'b' }]);
      expect(await s.events.get(first?.id ?? '')).toEqual(first);
      expect(await s.events.sweep(25)).toBeGreaterThanOrEqual(2);
      expect(await of({ toMs: 30 })).toEqual(['3']);
    });
  });

  describe('changes of workers and pools', () => {
    const pool = {
      spaceId: 'Spaces-1',
      name: 'Linux',
      slug: '',
      description: '',
      isDefault: false,
      sortOrder: 1,
      details: {},
    };
    const worker = {
      spaceId: 'Spaces-1',
      name: 'web',
      slug: '',
      poolIds: ['WorkerPools-1'],
      machinePolicyId: 'MachinePolicies-1',
      isDisabled: false,
      health: 'Unknown' as const,
      statusSummary: '',
      style: 'Ssh',
      endpoint: { Host: 'a' },
      details: { Kept: 1 },
    };

    test('a worker moves to other pools, and health changes nothing else (R36, R98)', async () => {
      const { s } = bench();
      const linux = await s.pools.add(pool);
      const added = await s.workers.add(worker);
      const moved = await s.workers.update({ ...added, poolIds: [linux.id], name: 'web 2' }, told('moved'));
      expect(await s.workers.get(added.id)).toEqual(moved);
      const found = { health: 'Healthy' as const, statusSummary: 'fine', details: { OperatingSystem: 'Linux' } };
      const events: string[] = [];
      for (let n = 0; n < 2; n++)
        await s.workers.setHealth(added.id, found, (after, before) => {
          events.push(`${before.health} → ${after.health}`);
          return event('health');
        });
      expect(events).toEqual(['Unknown → Healthy']);
      const after = await s.workers.get(added.id);
      expect(after).toMatchObject({ ...found, poolIds: [linux.id], details: { Kept: 1, OperatingSystem: 'Linux' } });
      await s.workers.setHealth('Workers-99', found, () => undefined);
    });

    test('a worker that a task holds cannot be deleted; the refusal names the task (R35)', async () => {
      const { s } = bench();
      const added = await s.workers.add(worker);
      const lease = {
        taskId: 'ServerTasks-7',
        spaceId: 'Spaces-1',
        nodeId: 'n',
        takenAtMs: 1,
        untilMs: 100,
        exclusive: false,
      };
      await s.leases.take({ ...lease, workerId: added.id });
      await expect(s.workers.remove(added, 50, told('no'))).rejects.toMatchObject({
        code: 'OCTO_WORKER_LEASED',
        message: expect.stringContaining('ServerTasks-7') as unknown,
      });
      await s.workers.remove(added, 100, told('void by then'));
      expect(await s.workers.list('Spaces-1')).toEqual([]);
    });

    test('workers are found by any filter, a page at a time, in the order of their names (rest.md 2.3)', async () => {
      const { s } = bench();
      const linux = await s.pools.add(pool);
      await s.workers.add({ ...worker, name: 'B', isDisabled: true });
      await s.workers.add({ ...worker, name: 'a_1', health: 'Healthy', details: { ShellName: 'Bash' } });
      const endpoint = { Uri: 'u', Thumbprint: 'AB' };
      const c = await s.workers.add({
        ...worker,
        name: 'c',
        style: 'TentaclePassive',
        endpoint,
        poolIds: ['WorkerPools-1', linux.id],
      });
      const of = async (filter: object, page = { skip: 0, take: 9 }) => {
        const found = await s.workers.find({ spaceId: 'Spaces-1', ...filter, ...page });
        return [found.items.map((it) => it.name).join(' '), found.total];
      };
      expect(await of({})).toEqual(['a_1 B c', 3]);
      expect(await of({}, { skip: 1, take: 1 })).toEqual(['B', 3]);
      expect(await of({ name: 'C' })).toEqual(['c', 1]);
      expect(await of({ partialName: '_' })).toEqual(['a_1', 1]);
      expect(await of({ ids: [c.id, 'Workers-99'] })).toEqual(['c', 1]);
      expect(await of({ poolIds: [linux.id] })).toEqual(['c', 1]);
      expect(await of({ health: ['healthy', 'Unavailable'] })).toEqual(['a_1', 1]);
      expect(await of({ styles: ['tentaclepassive'], isDisabled: false })).toEqual(['c', 1]);
      expect(await of({ isDisabled: true })).toEqual(['B', 1]);
      expect(await of({ thumbprints: ['ab'] })).toEqual(['c', 1]);
      expect(await of({ shellNames: ['Bash'] })).toEqual(['a_1', 1]);
      expect(await of({ shellNames: ['Unknown'] })).toEqual(['B c', 2]);
      expect(await of({ spaceId: 'Spaces-2' })).toEqual(['', 0]);
      const [first] = (await s.workers.find({ spaceId: 'Spaces-1', name: 'c', skip: 0, take: 1 })).items;
      expect(first).toEqual(c);
    });

    test('a space has one default pool, which stays; a pool with workers stays, too (R45, R53)', async () => {
      const { s } = bench();
      const [standard] = await s.pools.list('Spaces-1');
      const linux = await s.pools.add(pool);
      await s.workers.add({ ...worker, poolIds: [linux.id] });
      await expect(s.pools.remove(linux, told('full'))).rejects.toMatchObject({ code: 'OCTO_POOL_NOT_EMPTY' });
      await expect(s.pools.remove(standard!, told('default'))).rejects.toMatchObject({ code: 'OCTO_POOL_DEFAULT' });
      await expect(s.pools.update({ ...standard!, isDefault: false }, told('none'))).rejects.toMatchObject({
        code: 'OCTO_POOL_DEFAULT',
      });
      await s.pools.update({ ...linux, isDefault: true }, told('default now'));
      expect((await s.pools.list('Spaces-1')).filter((it) => it.isDefault).map((it) => it.name)).toEqual(['Linux']);
      await s.pools.sort('Spaces-1', [linux.id, standard!.id], event('sorted'));
      expect((await s.pools.list('Spaces-1')).map((it) => it.id)).toEqual([linux.id, standard!.id]);
      await expect(s.pools.sort('Spaces-1', [linux.id], event('half'))).rejects.toMatchObject({
        code: 'OCTO_POOL_ORDER',
      });
      await s.pools.remove(standard!, told('not default any more'));
    });
  });

  describe('spaces', () => {
    const space = {
      name: 'Team A',
      slug: '',
      isDefault: false,
      description: 'd',
      isQueueStopped: false,
      managerTeamIds: [],
      managerUserIds: ['Users-1'],
      modifiedAtMs: 5,
    };

    test('come with a default pool, a default policy and a team of managers (R45, R108)', async () => {
      const { s } = bench();
      const added = await s.spaces.add(space, told('added'));
      expect(added).toMatchObject({ slug: 'team-a', managerTeamIds: [`teams-spacemanagers-${added.id}`] });
      expect((await s.pools.list(added.id)).map((it) => it.isDefault)).toEqual([true]);
      expect((await s.documents.list('machinepolicies', added.id)).map((it) => it.members['IsDefault'])).toEqual([
        true,
      ]);
      expect((await s.documents.get('teams', `teams-spacemanagers-${added.id}`))?.members['MemberUserIds']).toEqual([
        'Users-1',
      ]);
      await expect(s.spaces.add({ ...space, name: 'team a' }, told('twice'))).rejects.toMatchObject({
        code: 'OCTO_DOCUMENT_NAME',
      });
    });

    test('one whose queue is stopped starts nothing; it goes when it is quiet, with all that is in it', async () => {
      const { s } = bench();
      const added = await s.spaces.add(space, told('added'));
      const request = { name: 'AdHocScript', description: '', actions: [], variables: [] };
      const task = await s.tasks.enqueue(added.id, request, { nowMs: 1 });
      await expect(s.spaces.remove(added, told('runs'))).rejects.toMatchObject({ code: 'OCTO_SPACE_QUEUE' });
      const stopped = await s.spaces.update({ ...added, isQueueStopped: true }, told('stopped'));
      expect(await s.tasks.claimNext({ nodeId: 'n', onlyOwn: false }, AT)).toBeUndefined();
      await expect(s.spaces.remove(stopped, told('busy'))).rejects.toMatchObject({ code: 'OCTO_SPACE_BUSY' });
      await s.tasks.requestCancel(task.id, 2);
      await s.spaces.remove(stopped, told('removed'));
      expect(await s.tasks.get(task.id)).toBeUndefined();
      expect(await s.pools.list(added.id)).toEqual([]);
      const [standard] = await s.spaces.list();
      await expect(s.spaces.remove(standard!, told('default'))).rejects.toMatchObject({ code: 'OCTO_SPACE_DEFAULT' });
    });
  });
}
