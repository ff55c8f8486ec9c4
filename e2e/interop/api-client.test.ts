import {
  Client,
  EnvironmentRepository,
  LifecycleRepository,
  ProjectGroupRepository,
  ProjectRepository,
  ServerTaskRepository,
  ServerTaskWaiter,
  SpaceRepository,
  SpaceServerTaskRepository,
  TaskState,
  TenantRepository,
  userGetCurrent,
} from '@octopusdeploy/api-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Home, type Server } from '../src/setup/octo.ts';

let home: Home;
let server: Server;
let client: Client;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

beforeAll(async () => {
  home = await Home.open();
  server = await home.serve();
  client = await connect(server.key);
});
afterAll(() => home[Symbol.asyncDispose]());

function connect(apiKey: string): Promise<Client> {
  return Client.create({ userAgentApp: 'octo-interop', instanceURL: server.url, apiKey, logging: silent });
}
/** A task, as the client itself would post it. */
function script(body: string, more: object = {}) {
  return client.doCreate<{ Id: string; State: string }>('~/api/tasks', {
    Name: 'AdHocScript',
    Description: 'from the client library',
    Arguments: { ScriptBody: body, Syntax: 'Bash', TargetType: 'OctopusServer', ...more },
    SpaceId: 'Spaces-1',
  });
}

test('it connects, learns the version, and knows who it is', async () => {
  const { version } = await client.getServerInformation();
  expect(version).toMatch(/^20\d\d\.\d+\.\d+$/);
  expect(await userGetCurrent(client)).toMatchObject({ Id: 'Users-1', Username: 'admin', IsService: false });
  expect(await client.get('~/api/capabilities')).toMatchObject({
    Capabilities: expect.arrayContaining(['GetAllSpacesRequest']) as unknown,
  });
});

test('a wrong key is refused in its words', async () => {
  const stranger = await connect('API-WRONGWRONGWRONGWRONGWRONG');
  await expect(userGetCurrent(stranger)).rejects.toMatchObject({ StatusCode: 401 });
});

test('spaces: create, find by name, change, delete', async () => {
  const spaces = new SpaceRepository(client);
  const me = await userGetCurrent(client);
  const made = await spaces.create({
    Name: 'Interop',
    IsDefault: false,
    SpaceManagersTeams: [],
    SpaceManagersTeamMembers: [me.Id],
  });
  expect(made).toMatchObject({ Slug: 'interop', SpaceManagersTeams: [`teams-spacemanagers-${made.Id}`] });
  expect((await spaces.list({ partialName: 'nterO' })).Items).toMatchObject([{ Id: made.Id }]);
  expect(await client.request('~/api/{spaceId}/workerpools/all', { spaceName: 'Interop' })).toBeDefined();
  await expect(spaces.del(made)).rejects.toMatchObject({ StatusCode: 409 });
  const stopped = await spaces.modify({ ...made, TaskQueueStopped: true });
  expect(stopped.TaskQueueStopped).toBe(true);
  await spaces.del(stopped);
  await expect(spaces.get(made.Id)).rejects.toMatchObject({ StatusCode: 404 });
});

test('a script task: posted, waited for, its details and its raw log', async () => {
  const { Id } = await script(
    "echo hello from $((40 + 2)); echo \"##octopus[progress percentage='NTA=' message='aGFsZg==']\"",
  );
  const seen: string[] = [];
  const waiter = new ServerTaskWaiter(client, 'Default');
  const ended = await waiter.waitForServerTaskToComplete(Id, 50, 20_000, (task) => void seen.push(task.State));
  expect(ended).toMatchObject({ Id, State: TaskState.Success, IsCompleted: true, FinishedSuccessfully: true });
  const tasks = new SpaceServerTaskRepository(client, 'Default');
  expect(await tasks.getById(Id)).toMatchObject({ Name: 'AdHocScript', Description: 'from the client library' });
  expect(await tasks.getByIds([Id])).toHaveLength(1);
  const { ActivityLogs } = await tasks.getDetails(Id);
  expect(ActivityLogs[0]?.Children[0]?.Name).toBe('Step 1: Run a script');
  expect(await tasks.getRaw(Id)).toContain('hello from 42');
});

test('a task that it cancels ends as Canceled; one that is unknown is told at once', async () => {
  const { Id } = await script('sleep 60');
  await new ServerTaskRepository(client).cancel(Id);
  const ended = await new ServerTaskWaiter(client, 'Default').waitForServerTaskToComplete(Id, 50, 20_000);
  expect(ended.State).toBe(TaskState.Canceled);
  const waiter = new ServerTaskWaiter(client, 'Default');
  await expect(waiter.waitForServerTaskToComplete('ServerTasks-99999', 50, 2_000)).rejects.toThrow(/ServerTasks-99999/);
});

test('workers and pools, by the paths that it would use', async () => {
  const pool = await client.doCreate<{ Id: string }>('~/api/{spaceId}/workerpools', {
    spaceName: 'Default',
    Name: 'Linux',
    WorkerPoolType: 'StaticWorkerPool',
    CanAddWorkers: false,
  });
  const worker = await client.doCreate<{ Id: string; Links: Record<string, string> }>('~/api/{spaceId}/workers', {
    spaceName: 'Default',
    Name: 'web-1',
    WorkerPoolIds: [pool.Id],
    MachinePolicyId: null,
    Endpoint: { CommunicationStyle: 'TentaclePassive', Uri: 'https://web-1:10933/', Thumbprint: 'AB'.repeat(20) },
  });
  const again = await client.request<{ HealthStatus: string }>(`~/api/{spaceId}/workers/${worker.Id}`, {
    spaceName: 'Default',
  });
  expect(again).toMatchObject({ Name: 'web-1', WorkerPoolIds: [pool.Id], MachinePolicyId: 'MachinePolicies-1' });
  await expect(
    client.doCreate('~/api/{spaceId}/workers', {
      spaceName: 'Default',
      Name: 'WEB-1',
      WorkerPoolIds: [pool.Id],
      Endpoint: { CommunicationStyle: 'Ssh', Host: 'h' },
    }),
  ).rejects.toMatchObject({ StatusCode: 409 });
  await client.del(worker.Links['Self'] ?? '');
  expect(await client.request('~/api/{spaceId}/workers/all', { spaceName: 'Default' })).toEqual([]);
});

test('what octo does not have is empty, not absent', async () => {
  for (const repository of [
    new EnvironmentRepository(client, 'Default'),
    new LifecycleRepository(client, 'Default'),
    new ProjectGroupRepository(client, 'Default'),
    new ProjectRepository(client, 'Default'),
    new TenantRepository(client, 'Default'),
  ]) {
    const { Items, TotalResults } = await repository.list({ skip: 0, take: 2_147_483_647 });
    expect({ Items, TotalResults }).toEqual({ Items: [], TotalResults: 0 });
  }
});
