import { type Bytes } from '@octo/kernel';
import { expect, test } from 'vitest';
import { claim, openTestServer } from '../plane.fixture.ts';

const headers = { 'content-type': 'application/json' };
const Properties = { 'Octopus.Action.Script.ScriptBody': 'echo hi', 'Octopus.Action.Script.Syntax': 'Bash' };
const action = { Name: 'Say hi', Type: 'Octopus.Script', Properties };

test('a run becomes a queued task that holds what was asked, times in milliseconds', async () => {
  const { ask, plane } = await openTestServer();
  const wanted = {
    Actions: [action],
    Pool: 'default worker pool',
    TimeoutSeconds: 1.5,
    QueueTimeoutSeconds: 60,
    Variables: [{ Name: 'Password', Value: 'hunter2', Sensitive: true }],
  };
  const {
    status,
    body,
    headers: answered,
  } = await ask('/api/Spaces-1/octo/runs', {
    method: 'POST',
    headers,
    payload: JSON.stringify(wanted),
  });
  expect({ status, location: answered['location'] }).toEqual({ status: 201, location: body.Links.Self });
  expect(body).toMatchObject({ State: 'Queued', Name: 'AdHocScript', Description: 'Run Say hi', SpaceId: 'Spaces-1' });
  expect(Date.parse(body.QueueTimeExpiry) - Date.parse(body.QueueTime)).toBe(60_000);
  expect(await plane.tasks.request(body.Id)).toMatchObject({
    timeoutMs: 1_500,
    queueTimeoutMs: 60_000,
    pool: 'default worker pool',
    actions: [{ name: 'Say hi', type: 'Octopus.Script', properties: Properties }],
    variables: [{ name: 'Password', value: 'hunter2', sensitive: true }],
  });
});

test.each([
  ['a step type that nobody runs', { Actions: [{ ...action, Type: 'Acme.None' }] }, 400, 'OCTO_STEP_TYPE'],
  ['a pool that is not there', { Actions: [action], Pool: 'nowhere' }, 404, 'OCTO_POOL_NOT_FOUND'],
])('%s is refused before it is queued', async (_, wanted, status, code) => {
  const { ask } = await openTestServer();
  const answer = await ask('/api/octo/runs', { method: 'POST', headers, payload: JSON.stringify(wanted) });
  expect({ status: answer.status, code: answer.body.Details.Code }).toEqual({ status, code });
  expect((await ask('/api/tasks')).body.TotalResults).toBe(0);
});

test('the insight tells what ran where and what it left; sensitive outputs stay hidden (R243)', async () => {
  const { ask, plane } = await openTestServer();
  const { body: task } = await ask('/api/octo/runs', {
    method: 'POST',
    headers,
    payload: JSON.stringify({ Actions: [action] }),
  });
  const held = await claim({ ask, plane, app: undefined as never });
  const output = { action: 1, actionName: 'Say hi' };
  await plane.journal.append(held, {
    outputs: [
      { ...output, name: 'Version', value: '1.2', sensitive: false },
      { ...output, name: 'Token', value: 'hunter2', sensitive: true },
    ],
    artifacts: [{ action: 1, name: 'it’s a (report).txt', path: '/tmp/r.txt' }],
  });
  const waiting = { for: 'a worker', sinceMs: 0, untilMs: 60_000, whenOver: 'the task ends as TimedOut' };
  await plane.tasks.setWaiting(task.Id, waiting);
  const { body, text } = await ask(`/api/octo/tasks/${task.Id}`);
  expect(body).toMatchObject({
    Task: { Id: task.Id, State: 'Executing' },
    Waiting: { For: 'a worker', Since: '1970-01-01T00:00:00.000Z', Until: '1970-01-01T00:01:00.000Z' },
    Outputs: [
      { Action: 'Say hi', Name: 'Token', Value: null },
      { Name: 'Version', Value: '1.2' },
    ],
    Artifacts: [{ Name: 'it’s a (report).txt', SizeBytes: null }],
  });
  expect(text).not.toContain('hunter2');
  expect((await ask(`/api/octo/artifacts/${body.Artifacts[0].Id}`)).status).toBe(404); // its bytes are not here yet

  const bytes = Buffer.alloc(3 * 1024 * 1024, 'x');
  const content: Bytes = {
    sizeBytes: bytes.length,
    async *open() {
      yield bytes;
    },
  };
  await plane.artifacts.put(held, body.Artifacts[0].Id, content, new AbortController().signal);
  const artifact = await ask(`/api/octo/artifacts/${body.Artifacts[0].Id.toLowerCase()}`);
  expect(artifact.text.length).toBe(bytes.length);
  expect(artifact.headers).toMatchObject({
    'content-length': String(bytes.length),
    'content-type': 'application/octet-stream',
    'content-disposition': "attachment; filename*=UTF-8''it%E2%80%99s%20a%20%28report%29.txt",
  });
});

test('a task that is over waits for nothing any more (R252)', async () => {
  const { ask, plane } = await openTestServer();
  const payload = JSON.stringify({ Actions: [action] });
  const { body: task } = await ask('/api/octo/runs', { method: 'POST', headers, payload });
  await plane.tasks.setWaiting(task.Id, { for: 'a slot', sinceMs: 0, whenOver: '' });
  await plane.cancel(task.Id);
  const { body } = await ask(`/api/octo/tasks/${task.Id}`);
  expect(body).toMatchObject({ Waiting: null, ErrorCode: 'OCTO_TASK_CANCELLED', NodeId: null, IsObserved: true });
});
