import { SYSTEM_ACTOR } from '@octo/plane';
import { textBytes } from '@octo/testkit';
import { startPostgres } from '@octo/testkit/postgres-server';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { moveToPostgres } from './move.ts';
import { installPostgres } from './postgres.fixture.ts';
import { AT, request } from './storage.fixture.ts';
import { openStorage, type Storage } from './storage.ts';
import { bringUpToDate, inspectSchema } from './upkeep.ts';

const server = await startPostgres();
afterAll(() => server?.[Symbol.asyncDispose]());

async function install() {
  const it = await installPostgres(server!);
  onTestFinished(() => it[Symbol.asyncDispose]());
  return it.options;
}
const line = (text: string) => ({ activityId: '', category: 'Info' as const, atMs: 1, text });

/** Something in each table that a task or a person fills. */
async function fill(s: Storage): Promise<void> {
  for (let n = 0; n < 120; n++) await s.tasks.enqueue('Spaces-1', request, { nowMs: n });
  const { claim } = (await s.tasks.claimNext({ nodeId: 'n1', onlyOwn: false }, AT))!;
  await s.journal.append(claim, {
    lines: [line('žluťoučký 🦑\0')],
    activities: [{ id: '1', name: 'a\0b', progress: 33.3 }],
    masks: ['planted-secret'],
    outputs: [{ action: 1, actionName: 'a', name: 'V', value: 'v', sensitive: true }],
    artifacts: [{ action: 1, name: 'r', path: '/r' }],
  });
  const [artifact] = await s.journal.artifacts(claim.taskId);
  await s.artifacts.put(claim, artifact!.id, textBytes('bytes'), AbortSignal.timeout(5_000));
  await s.apiKeys.add({ userId: 'Users-1', hash: 'h', hint: 'API', purpose: 'p', createdAtMs: 1 });
  const account = { kind: 'accounts', prefix: 'Accounts', spaceId: 'Spaces-1', name: 'a', slug: '', members: {} };
  await s.documents.add({ ...account, secrets: { Token: 'planted-secret' } }, ({ id }) => ({
    spaceId: 'Spaces-1',
    category: 'Created',
    actor: SYSTEM_ACTOR,
    atMs: 1,
    message: 'made',
    documentType: 'Account',
    documentIds: [id],
    differences: [],
  }));
  await s.pools.add({
    spaceId: 'Spaces-1',
    name: 'P',
    slug: '',
    description: '',
    isDefault: true,
    details: {},
    sortOrder: 1,
  });
  const worker = { spaceId: 'Spaces-1', name: 'w', slug: '', machinePolicyId: 'm', isDisabled: false, style: 'Ssh' };
  const more = {
    poolIds: ['WorkerPools-2'],
    health: 'Healthy' as const,
    statusSummary: '',
    endpoint: { a: [1] },
    details: {},
  };
  await s.workers.add({ ...worker, ...more });
  await s.nodes.register({ id: 'n1', name: 'one', kind: 'server', taskCap: 5, startedAtMs: 1, lastSeenMs: 2 });
  const lease = await s.leases.take({
    workerId: 'w1',
    taskId: 't',
    spaceId: 'Spaces-1',
    nodeId: 'n1',
    takenAtMs: 1,
    untilMs: 2,
    exclusive: false,
  });
  await s.leases.release(lease.id);
}

async function all(s: Storage): Promise<unknown> {
  const id = 'ServerTasks-1';
  const artifact = await s.artifacts.get('Artifacts-1');
  return {
    installation: s.installationId,
    tasks: await s.tasks.list({ skip: 0, take: 500 }),
    counts: await s.tasks.counts(),
    request: await s.tasks.request(id),
    journal: [
      await s.journal.read(id, 0, 1e6),
      await s.journal.masks(id),
      await s.journal.outputs(id),
      await s.journal.size(id),
    ],
    artifact: artifact?.artifact,
    key: await s.apiKeys.find('h'),
    pools: await s.pools.list('Spaces-1'),
    workers: await s.workers.list('Spaces-1'),
    nodes: await s.nodes.list(),
  };
}

describe.runIf(server)('moving from SQLite to PostgreSQL', () => {
  test('takes all along, goes on counting, and is refused by a database that is in use', async () => {
    const { databaseUrl, ...options } = await install();
    let before: unknown;
    {
      await using s = await openStorage(options);
      await fill(s);
      before = await all(s);
      await s.hold('n1');
      await expect(moveToPostgres({ dataDir: options.dataDir, to: databaseUrl })).rejects.toMatchObject({
        code: 'OCTO_STORAGE_IN_USE',
      });
    }
    const progress = new Map<string, number>();
    await moveToPostgres({ dataDir: options.dataDir, to: databaseUrl, progress: (table, n) => progress.set(table, n) });
    expect(progress.get('task')).toBe(120);
    await using s = await openStorage({ ...options, databaseUrl });
    expect(await all(s)).toEqual(before);
    expect((await s.journal.activities('ServerTasks-1'))[0]).toMatchObject({ name: 'a\ufffdb', progress: 33.3 });
    expect((await s.tasks.enqueue('Spaces-1', request, { nowMs: 1 })).id).toBe('ServerTasks-121');
    const lease = { workerId: 'w', taskId: 't', spaceId: 's', nodeId: 'n', takenAtMs: 1, untilMs: 2, exclusive: false };
    expect((await s.leases.take(lease)).id).toBe('WorkerTaskLeases-2');
    await expect(moveToPostgres({ dataDir: options.dataDir, to: databaseUrl })).rejects.toMatchObject({
      code: 'OCTO_STORAGE_NOT_EMPTY',
    });
  });

  test('the schema of a PostgreSQL is looked at and brought up to date like any other', async () => {
    const options = await install();
    expect((await inspectSchema(options)).found).toBe(0);
    expect((await bringUpToDate(options)).found).toBe(0);
    const { found, known } = await inspectSchema(options);
    expect(found).toBe(known);
    await using _ = await openStorage(options);
    await using reader = await openStorage({ ...options, readOnly: true });
    expect(await reader.spaces.list()).toHaveLength(1);
    await expect(reader.settings.set('x', 1)).rejects.toMatchObject({ code: 'OCTO_STORAGE_READ_ONLY' });
  });
});
