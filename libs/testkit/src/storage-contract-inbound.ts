import {
  JOIN_TOKENS,
  type Joining,
  type JoinTokenMembers,
  type NewEvent,
  SYSTEM_ACTOR,
  type Worker,
} from '@octo/plane';
import { describe, expect, test } from 'vitest';
import { AT, type AddressOf, type Bench } from './storage-under-test.ts';

const told = ({ id }: { readonly id: string }): NewEvent => ({
  spaceId: 'Spaces-1',
  category: 'Created',
  actor: SYSTEM_ACTOR,
  atMs: 1_000,
  message: 'made',
  documentType: 'Worker',
  documentIds: [id],
  differences: [],
});
const polling: Omit<Worker, 'id'> = {
  spaceId: 'Spaces-1',
  name: 'agent',
  slug: '',
  poolIds: ['WorkerPools-1'],
  machinePolicyId: 'MachinePolicies-1',
  isDisabled: false,
  health: 'Unknown',
  statusSummary: '',
  style: 'TentacleActive',
  endpoint: { Uri: 'poll://ABC/' },
  details: {},
};
const addressOf: AddressOf = async (style, endpoint) =>
  style === 'TentacleActive' ? (endpoint as { Uri: string }).Uri.toLowerCase() : '';

/** The promises of workers that call us: `Workers.byAddress`, `Connections`, `JoinTokens`, `Tasks.handOver`. */
export function inboundContract(bench: () => Bench): void {
  addressContract(bench);
  connectionsContract(bench);
  joinTokensContract(bench);

  test('a task that is handed over is held by the other node under a higher fence, and by nobody else', async () => {
    const { s, claimed } = bench();
    const claim = await claimed('n1');
    await s.tasks.handOver(claim, 'n2', { nowMs: 2_000, untilMs: 9_000 });
    const { taskId, fence } = claim;
    expect((await s.tasks.get(taskId))?.claim).toMatchObject({ nodeId: 'n2', fence: fence + 1 });
    expect(await s.tasks.renew('n1', 9_000)).toEqual([]);
    await expect(s.tasks.handOver(claim, 'n3', AT)).rejects.toMatchObject({ code: 'OCTO_CLAIM_LOST' });
    const [taken] = await s.tasks.adopt('n2', 'n2', AT);
    expect(taken?.task).toMatchObject({ id: taskId, state: 'Executing' });
  });
}

function addressContract(bench: () => Bench): void {
  describe('addresses of workers', () => {
    test('find workers of a style in every space, as they are after each change (R33)', async () => {
      await using s = await bench().installation.open(addressOf);
      const two = { name: 'two', slug: 'two', isDefault: false, isQueueStopped: false, modifiedAtMs: 0 };
      const space = await s.spaces.add({ ...two, description: '', managerTeamIds: [], managerUserIds: [] }, told);
      const first = await s.workers.add(polling);
      const second = await s.workers.add({
        ...polling,
        spaceId: space.id,
        poolIds: [],
        endpoint: { Uri: 'poll://abc/' },
      });
      await s.workers.add({ ...polling, name: 'ssh', style: 'Ssh', endpoint: { Uri: 'poll://abc/' } });
      expect(await s.workers.byAddress('TentacleActive', 'poll://abc/')).toEqual([first, second]);
      expect(await s.workers.byAddress('TentaclePassive', 'poll://abc/')).toEqual([]);
      expect(await s.workers.byAddress('Ssh', '')).toEqual([]);
      await s.workers.update({ ...first, endpoint: { Uri: 'poll://other/' } }, told);
      expect(await s.workers.endpoints([first.id, 'Workers-99'])).toEqual(
        new Map([[first.id, { style: 'TentacleActive', endpoint: { Uri: 'poll://other/' } }]]),
      );
      await s.workers.remove(second, 0, told);
      expect(await s.workers.byAddress('TentacleActive', 'poll://abc/')).toEqual([]);
      expect(await s.workers.byAddress('TentacleActive', 'poll://other/')).toMatchObject([{ id: first.id }]);
    });

    test('come later where the transport came later', async () => {
      const worker = await bench().s.workers.add(polling);
      await using s = await bench().installation.open(addressOf);
      expect(await s.workers.byAddress('TentacleActive', 'poll://abc/')).toEqual([]);
      expect(await s.workers.readdress()).toBe(1);
      expect(await s.workers.readdress()).toBe(0);
      expect(await s.workers.byAddress('TentacleActive', 'poll://abc/')).toEqual([worker]);
    });
  });
}

function connectionsContract(bench: () => Bench): void {
  test('a worker may be connected to several nodes (R134); what is gone with its node or worker is not told', async () => {
    const { s } = bench();
    const [a, b] = [await s.workers.add(polling), await s.workers.add({ ...polling, name: 'b' })];
    expect(await s.connections.lastSeen([a.id])).toEqual(new Map());
    await s.connections.note('n1', { came: [a.id, b.id, 'Workers-99', a.id], left: [] }, 10);
    await s.connections.note('n2', { came: [a.id], left: [] }, 20);
    expect(await s.connections.of([a.id, b.id])).toEqual([
      { workerId: a.id, nodeId: 'n1', sinceMs: 10 },
      { workerId: a.id, nodeId: 'n2', sinceMs: 20 },
      { workerId: b.id, nodeId: 'n1', sinceMs: 10 },
    ]);
    await s.connections.note('n2', { came: [], left: [a.id] }, 30);
    expect(await s.connections.lastSeen([a.id, b.id])).toEqual(
      new Map([
        [a.id, 30],
        [b.id, 10],
      ]),
    );
    await s.workers.remove(b, 0, told);
    expect(await s.connections.of([a.id, b.id])).toMatchObject([{ workerId: a.id, nodeId: 'n1' }]);
    await s.connections.releaseOfNode('n1');
    expect(await s.connections.of([a.id])).toEqual([]);
    expect(await s.connections.of([])).toEqual([]);
  });

  test('two thousand workers that come at once are one change', async () => {
    const { s } = bench();
    const worker = await s.workers.add(polling);
    const many = Array.from({ length: 2_000 }, (_, n) => `Workers-${n + 100}`);
    await s.connections.note('n1', { came: [...many, worker.id], left: [] }, 10);
    expect(await s.connections.of([...many, worker.id])).toHaveLength(1);
  });
}

function joinTokensContract(bench: () => Bench): void {
  describe('join tokens (I16)', () => {
    const token = async (more: Partial<JoinTokenMembers> = {}): Promise<Joining> => {
      const common = { PoolIds: ['WorkerPools-1'], MachinePolicyId: '', Count: 1, Joined: [] };
      const members: JoinTokenMembers = { Hash: 'abcd', ExpiresMs: 2_000, ...common, ...more };
      const document = { kind: JOIN_TOKENS, prefix: 'JoinTokens', spaceId: 'Spaces-1', name: 't', slug: '' };
      const { id } = await bench().s.documents.add({ ...document, members: { ...members } }, told);
      return { tokenId: id, hash: 'abcd', thumbprint: 'AA', nowMs: 1_000 };
    };
    const refused = { code: 'OCTO_JOIN_TOKEN' };

    test('add one worker; the same machine that asks again gets the same one', async () => {
      const { s } = bench();
      const joining = await token();
      const { worker, isNew } = await s.joinTokens.join(joining, polling, told);
      expect([worker.name, isNew]).toEqual(['agent', true]);
      expect(await s.workers.get(worker.id)).toEqual(worker);
      expect(await s.joinTokens.join(joining, polling, told)).toEqual({ worker, isNew: false });
      const another = s.joinTokens.join({ ...joining, thumbprint: 'BB' }, { ...polling, name: 'b' }, told);
      await expect(another).rejects.toMatchObject({ ...refused, message: expect.stringContaining('used up') });
      expect(await s.workers.list('Spaces-1')).toHaveLength(1);
      const { members } = (await s.documents.get(JOIN_TOKENS, joining.tokenId)) ?? {};
      expect(members?.['Joined']).toEqual([{ WorkerId: worker.id, Thumbprint: 'AA', AtMs: 1_000 }]);
    });

    test('are refused when they are wrong, expired or gone', async () => {
      const { s } = bench();
      const joining = await token();
      for (const wrong of [{ hash: 'abce' }, { hash: '' }, { nowMs: 2_000 }, { tokenId: 'JoinTokens-99' }])
        await expect(s.joinTokens.join({ ...joining, ...wrong }, polling, told)).rejects.toMatchObject(refused);
      expect(await s.workers.list('Spaces-1')).toEqual([]);
    });

    test('stay as they were when the worker cannot be added', async () => {
      const { s } = bench();
      const joining = await token();
      await s.workers.add(polling);
      await expect(s.joinTokens.join(joining, polling, told)).rejects.toMatchObject({ code: 'OCTO_WORKER_NAME_TAKEN' });
      expect((await s.joinTokens.join(joining, { ...polling, name: 'b' }, told)).isNew).toBe(true);
    });

    test('of several that use the last of it at once one wins', async () => {
      const { s } = bench();
      const joining = await token({ Count: 2 });
      const all = await Promise.allSettled(
        ['A', 'B', 'C', 'D'].map((name) =>
          s.joinTokens.join({ ...joining, thumbprint: name }, { ...polling, name }, told),
        ),
      );
      expect(all.filter((it) => it.status === 'fulfilled')).toHaveLength(2);
      expect(await s.workers.list('Spaces-1')).toHaveLength(2);
    });
  });
}
