import { expect, test } from 'vitest';
import { claim, enqueue, line, openTestServer, type TestServer } from './plane.fixture.ts';

async function three(): Promise<{ server: TestServer; ids: readonly string[] }> {
  const server = await openTestServer();
  const ids: string[] = [];
  for (const name of ['first', 'second', 'third']) ids.push((await enqueue(server, name)).id);
  return { server, ids };
}
const idsOf = (body: { Items: readonly { Id: string }[] }) => body.Items.map((it) => it.Id);

test('tasks come newest first, a page at a time (rest.md 1.7, 2.10)', async () => {
  const { server, ids } = await three();
  const { body } = await server.ask('/api/tasks?take=2');
  expect(idsOf(body)).toEqual([ids[2], ids[1]]);
  expect(body).toMatchObject({ ItemType: 'Task', TotalResults: 3, ItemsPerPage: 2, TotalCounts: { Queued: 3 } });
  expect(idsOf((await server.ask(body.Links['Page.Next'])).body)).toEqual([ids[0]]);
});

test.each([
  ['ids=ServerTasks-1,servertasks-3', ['third', 'first']],
  ['ids=ServerTasks-1&ids=ServerTasks-99', ['first']],
  ['ids=Machines-1', []],
  ['ids=', ['third', 'second', 'first']],
  ['partialName=IR', ['third', 'first']],
  ['partialName=%25', []],
  ['states=Canceled', ['second']],
  ['states=queued,Canceled', ['third', 'second', 'first']],
  ['states=Queued,Canceled&active=true', ['third', 'first']],
  ['running=true', []],
  ['name=adhocscript', ['third', 'second', 'first']],
  ['hasWarningsOrErrors=true', ['second']],
  ['hasWarningsOrErrors=false', ['third', 'first']],
  ['hasPendingInterruptions=true', []],
  ['project=Projects-1', []],
  ['spaces=Spaces-1', ['third', 'second', 'first']],
  ['spaces=Spaces-9', []],
])('tasks?%s finds %j; unknown ids are dropped (rest.md 2.10)', async (query, names) => {
  const { server, ids } = await three();
  await server.plane.cancel(ids[1] ?? ''); // leaves a warning in the log
  const { body } = await server.ask(`/api/tasks?${query}`);
  expect(body.Items.map((it: { Description: string }) => it.Description)).toEqual(names);
  expect(body.TotalResults).toBe(names.length);
});

test('a state that is none is refused with those that are', async () => {
  const { ask } = await openTestServer();
  const { status, body } = await ask('/api/tasks?states=Cancelled');
  expect(status).toBe(400);
  expect(body.Details.Hint).toContain('Canceled');
});

test('links of a page of one space stay in that space', async () => {
  const { server } = await three();
  const { body } = await server.ask('/api/spaces-1/tasks?take=1&states=Queued');
  expect(body.Links['Page.Next']).toBe('/api/spaces-1/tasks?states=Queued&skip=1&take=1');
});

test('a task is what clients decode: PascalCase, real booleans, instants with a zone (rest.md 1.5, 1.10)', async () => {
  const server = await openTestServer();
  const { id } = await enqueue(server);
  const { body } = await server.ask(`/api/tasks/${id.toUpperCase()}`);
  expect(Object.keys(body).filter((name) => !/^[A-Z]/.test(name))).toEqual([]);
  expect(body).toMatchObject({
    Id: id,
    SpaceId: 'Spaces-1',
    Name: 'AdHocScript',
    State: 'Queued',
    IsCompleted: false,
    FinishedSuccessfully: false,
    StartTime: null,
    CompletedTime: null,
    ErrorMessage: '',
    PendingInterruptionTypes: [],
    Arguments: {},
    HasBeenPickedUpByProcessor: false,
    QueueTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
    Links: { Self: `/api/tasks/${id}`, Details: `/api/tasks/${id}/details{?verbose,tail}` },
  });
});

test('a cancelled task is over and says so; a second cancel changes nothing (R153)', async () => {
  const server = await openTestServer();
  const { id } = await enqueue(server);
  const once = (await server.ask(`/api/tasks/${id}/cancel`, { method: 'POST' })).body;
  const twice = (await server.ask(`/api/tasks/${id}/cancel`, { method: 'POST' })).body;
  expect(once).toMatchObject({ State: 'Canceled', IsCompleted: true, FinishedSuccessfully: false });
  expect(twice.CompletedTime).toBe(once.CompletedTime);
  expect((await server.ask('/api/tasks/ServerTasks-77/cancel', { method: 'POST' })).status).toBe(404);
});

test('task types are a bare list (rest.md 2.10)', async () => {
  const { ask } = await openTestServer();
  expect((await ask('/api/tasks/tasktypes')).body).toEqual([
    { Id: 'AdHocScript', Name: 'Script Console' },
    { Id: 'Health', Name: 'Health check' },
    { Id: 'Upgrade', Name: 'Update of agents' },
  ]);
});

test('details hold one root, below it steps, below each its worker, with the last lines of each (R217)', async () => {
  const server = await openTestServer();
  const { id } = await enqueue(server, 'Say it');
  const held = await claim(server);
  const ended = { state: 'Success', startedAtMs: 1_000, endedAtMs: 2_000 } as const;
  await server.plane.journal.append(held, {
    activities: [
      { id: '', name: 'Say it', state: 'Running', startedAtMs: 1_000 },
      { id: '1', name: 'Step 1: Say hi', ...ended },
      { id: '1/1', name: 'Built-in worker', ...ended },
      { id: '2', name: 'Step 2: More', state: 'Running', progress: 41.6, progressMessage: 'copying' },
    ],
    lines: ['a', 'b', 'c'].flatMap((text) => [line(text), line(`quiet ${text}`, { category: 'Verbose' })]),
  });
  const { body } = await server.ask(`/api/Spaces-1/tasks/${id}/details?verbose=false&tail=2`);
  expect(body).toMatchObject({ Task: { Id: id }, Progress: { ProgressPercentage: 42 } });
  expect(body.PhysicalLogSize).toBeGreaterThan(0);
  expect(body.ActivityLogs).toMatchObject([
    {
      Id: id,
      Name: 'Say it',
      Status: 'Running',
      Ended: null,
      LogElements: [],
      Children: [
        {
          Id: `${id}/1`,
          Status: 'Success',
          ProgressPercentage: 100,
          Children: [
            {
              Id: `${id}/1/1`,
              Started: '1970-01-01T00:00:01.000Z',
              LogElements: [{ MessageText: 'b', Category: 'Info', Number: 3, Detail: null }, { MessageText: 'c' }],
            },
          ],
        },
        { Id: `${id}/2`, ProgressPercentage: 42, ProgressMessage: 'copying', Children: [] },
      ],
    },
  ]);
  const whole = (await server.ask(`/api/tasks/${id}/details`)).body;
  expect(whole.ActivityLogs[0].Children[0].Children[0].LogElements).toHaveLength(6);
  const none = (await server.ask(`/api/tasks/${id}/details?tail=0`)).body;
  expect(none.ActivityLogs[0].Children[0].Children[0].LogElements).toEqual([]);
});

test('a task that never began has a root all the same, with the lines that say why (R217)', async () => {
  const server = await openTestServer();
  const { id } = await enqueue(server, 'Never');
  await server.plane.cancel(id);
  const { body } = await server.ask(`/api/tasks/${id}/details`);
  expect(body.ActivityLogs).toMatchObject([
    { Name: 'Never', Status: 'Canceled', LogElements: [{ Category: 'Warning' }], Children: [] },
  ]);
});

test.each(['MachineIds', 'WorkerIds'])('a health task checks the workers of %s and no others', async (member) => {
  const { ask, plane } = await openTestServer();
  for (const Name of ['a', 'b']) {
    const Endpoint = { CommunicationStyle: 'Ssh', Host: Name };
    const payload = { Name, WorkerPoolIds: ['WorkerPools-1'], SkipInitialHealthCheck: true, Endpoint };
    expect((await ask('/api/workers', { method: 'POST', payload })).status).toBe(201);
  }
  const payload = { Name: 'Health', Arguments: { [member]: ['Workers-2'] } };
  const { body } = await ask('/api/tasks', { method: 'POST', payload });
  expect((await plane.tasks.request(body.Id)).health?.workerIds).toEqual(['Workers-2']);
});
