import { type Worker } from '@octo/plane';
import { expect, test } from 'vitest';
import { openTestServer } from './plane.fixture.ts';

const listening = { Uri: 'https://w1:10933/', Thumbprint: 'AB'.repeat(20), OwnMember: { lower: 1 } };

async function withWorkers() {
  const server = await openTestServer();
  const spaceId = 'Spaces-1';
  const linux = await server.plane.pools.add({
    spaceId,
    name: 'Linux',
    slug: 'linux',
    description: '',
    isDefault: false,
    sortOrder: 5,
    details: {},
  });
  const add = (name: string, more: Partial<Worker> = {}) =>
    server.plane.workers.add({
      spaceId,
      name,
      slug: '',
      poolIds: [linux.id],
      machinePolicyId: 'MachinePolicies-1',
      isDisabled: false,
      health: 'Healthy',
      statusSummary: 'fine',
      style: 'TentaclePassive',
      endpoint: listening,
      details: {},
      ...more,
    });
  await add('w1');
  await add('Build Box', { isDisabled: true, style: 'Ssh', endpoint: { Host: 'h', Port: 22 } });
  await add('w3', { health: 'Unavailable', poolIds: ['WorkerPools-1'] });
  return { ...server, linux };
}

test('a worker is what Go clients decode: known words of health, thumbprint and address, no nulls in lists (rest.md 1.10)', async () => {
  const { ask, linux } = await withWorkers();
  const { body } = await ask('/api/Spaces-1/workers/workers-1');
  expect(body).toMatchObject({
    Id: 'Workers-1',
    SpaceId: 'Spaces-1',
    Name: 'w1',
    Slug: 'w1',
    WorkerPoolIds: [linux.id],
    HealthStatus: 'Healthy',
    Status: 'Online',
    IsInProcess: false,
    IsDisabled: false,
    Thumbprint: listening.Thumbprint,
    Uri: listening.Uri,
    MachinePolicyId: 'MachinePolicies-1',
    Endpoint: { CommunicationStyle: 'TentaclePassive', ...listening },
    Links: { Self: '/api/Spaces-1/workers/Workers-1' },
  });
});

test('workers come by name as a bare list, and a disabled or dead one says so (rest.md 1.7, 2.3)', async () => {
  const { ask } = await withWorkers();
  const { body } = await ask('/api/Spaces-1/workers/all');
  const shown = body.map((w: { Name: string; Status: string; Uri: unknown }) => [w.Name, w.Status, w.Uri]);
  expect(shown).toEqual([
    ['Build Box', 'Disabled', null],
    ['w1', 'Online', listening.Uri],
    ['w3', 'Offline', listening.Uri],
  ]);
});

test.each([
  ['name=BUILD+box', ['Build Box']],
  ['partialName=w', ['w1', 'w3']],
  ['ids=workers-3,Workers-99', ['w3']],
  ['isDisabled=true', ['Build Box']],
  ['healthStatuses=Healthy,HasWarnings', ['Build Box', 'w1']],
  ['commStyles=ssh', ['Build Box']],
  ['workerPoolIds=WorkerPools-1', ['w3']],
  ['workerPoolIds=', ['Build Box', 'w1', 'w3']],
  [`thumbprint=${'ab'.repeat(20)}`, ['w1', 'w3']],
  ['shellNames=Bash', []],
  ['skip=1&take=1', ['w1']],
])('workers?%s finds %j (rest.md 2.3)', async (query, names) => {
  const { ask } = await withWorkers();
  const { body } = await ask(`/api/Spaces-1/workers?${query}`);
  expect(body.Items.map((w: { Name: string }) => w.Name)).toEqual(names);
  expect(body.ItemType).toBe('Worker');
});

test('a worker is found by its slug, never in another space', async () => {
  const { ask } = await withWorkers();
  expect((await ask('/api/Spaces-1/workers/build-box')).body.Id).toBe('Workers-2');
  expect((await ask('/api/Spaces-2/workers/Workers-1')).status).toBe(404);
});

test('a pool is what Go clients decode: type, slug, a link to its workers, and room for more (rest.md 1.10, 2.4)', async () => {
  const { ask, linux } = await withWorkers();
  const { body } = await ask('/api/Spaces-1/workerpools/all');
  expect(body).toMatchObject([
    { Id: 'WorkerPools-1', IsDefault: true },
    {
      Id: linux.id,
      Name: 'Linux',
      Slug: 'linux',
      WorkerPoolType: 'StaticWorkerPool',
      CanAddWorkers: true,
      Links: { Workers: expect.stringMatching(/^\/api\/Spaces-1\/workerpools\/WorkerPools-2\/workers\{\?/) as string },
    },
  ]);
  expect((await ask('/api/workerpools/LINUX')).body.Id).toBe(linux.id);
  expect((await ask('/api/workerpools?name=linux')).body.TotalResults).toBe(1);
  const inPool = (await ask(`/api/Spaces-1/workerpools/${linux.id}/workers?isDisabled=false&take=5`)).body;
  expect(inPool.Items.map((w: { Name: string }) => w.Name)).toEqual(['w1']);
  expect(inPool.Links.Self).toBe(`/api/Spaces-1/workerpools/${linux.id}/workers?isDisabled=false&skip=0&take=5`);
});
