import { expect, test, vi } from 'vitest';
import { openHealthServer as openServer, pigeon as worker } from './health.fixture.ts';

test('a check finds who answers; what it found stays with the worker, a change is one event (R87, R88, R96, R98)', async () => {
  const { ask, plane } = await openServer();
  const made = [];
  for (const fate of ['fine', 'away', 'broken'])
    made.push((await ask('POST', '/api/workers', worker(fate, fate))).Id as string);
  const lost = {
    Name: 'lost',
    WorkerPoolIds: ['WorkerPools-1'],
    Endpoint: { CommunicationStyle: 'KubernetesTentacle' },
  };
  made.push((await ask('POST', '/api/workers', lost)).Id as string);
  const health = async () =>
    (await ask('GET', '/api/workers/all')).map(
      (it: { Name: string; HealthStatus: string }) => `${it.Name} ${it.HealthStatus}`,
    );
  await vi.waitFor(
    async () =>
      expect(await health()).toEqual(['away Unavailable', 'broken Unavailable', 'fine Healthy', 'lost Unavailable']),
    10_000,
  );
  expect(await ask('GET', `/api/workers/${made[0]}`)).toMatchObject({
    StatusSummary: 'It answers: Pigeon after 60000 ms at most',
    OperatingSystem: 'Linux',
    Architecture: 'arm64',
    ShellName: 'Bash',
    Status: 'Online',
  });
  expect(await ask('GET', `/api/workers/${made[1]}/connection`)).toMatchObject({
    Status: 'Offline',
    Logs: [{ MessageText: 'no pigeon came back [OCTO_TRANSPORT_PIGEON]' }],
  });
  expect((await ask('GET', `/api/workers/${made[3]}`)).StatusSummary).toContain(
    'No loaded plugin speaks KubernetesTentacle',
  );
  const again = await ask('POST', '/api/tasks', { Name: 'Health', Arguments: { MachineIds: made } });
  await vi.waitFor(async () => expect((await plane.tasks.get(again.Id))?.state).toBe('Failed'), 10_000);
  expect((await plane.tasks.get(again.Id))?.errorMessage).toMatch(/^could not be contacted: /);
  const events = await ask('GET', `/api/events?regarding=${made[0]}&eventCategories=MachineHealthy`);
  expect(events.Items).toMatchObject([
    { Username: 'system', Message: expect.stringContaining('it was Unknown') as unknown },
  ]);
});

test('limits of the machine policy reach the transport; a worker that moves is checked anew', async () => {
  const { ask } = await openServer();
  const policy = await ask('POST', '/api/machinepolicies', { Name: 'Patient', ConnectionConnectTimeout: '00:05:00' });
  const made = await ask('POST', '/api/workers', { ...worker('w', 'fine'), MachinePolicyId: policy.Id });
  const summary = async () => (await ask('GET', `/api/workers/${made.Id}`)).StatusSummary;
  await vi.waitFor(async () => expect(await summary()).toContain('after 300000 ms'), 10_000);
  await ask('PUT', `/api/workers/${made.Id}`, {
    ...made,
    Endpoint: { CommunicationStyle: 'AcmePigeon', Fate: 'away' },
  });
  await vi.waitFor(async () => expect(await summary()).toContain('no pigeon came back'), 10_000);
});

test('a script for one worker is not run by another, the built-in one least of all', async () => {
  const { ask, plane } = await openServer();
  const made = await ask('POST', '/api/workers', worker('away', 'away'));
  const task = await ask('POST', '/api/tasks', {
    Name: 'AdHocScript',
    Arguments: { ScriptBody: 'true', Syntax: 'Bash', TargetType: 'Workers', WorkerIds: [made.Id] },
  });
  await vi.waitFor(async () => expect((await plane.tasks.get(task.Id))?.state).toBe('Failed'), 10_000);
  expect(await plane.tasks.get(task.Id)).toMatchObject({
    errorCode: 'OCTO_WORKER_NONE_HEALTHY',
    errorMessage: expect.stringContaining('away') as unknown,
  });
});
