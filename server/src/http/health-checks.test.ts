import { quarantineOf } from '@octo/plane';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { add, category, check, openHealthServer, policy, type Wire, workerOf, pigeon } from './health.fixture.ts';

test('a check looks around: system, shell, disk and tools with versions stay with the worker (I7, R28)', async () => {
  const server = await openHealthServer();
  const made = await add(server, 'w', join(server.dir, 'nest'));
  await server.plane.workers.setHealth(made.Id, { details: { Capabilities: null } }, () => undefined);
  expect((await check(server, [made.Id])).state).toBe('Success');
  const found = await workerOf(server, made.Id);
  expect(found).toMatchObject({ HealthStatus: 'Healthy', StatusSummary: 'It answers: Nest 1.0', ShellName: 'Bash' });
  expect(found['ShellVersion']).toMatch(/^\d+\.\d+/);
  expect(found['OperatingSystem']).toMatch(/\S/);
  const details = (await server.plane.workers.get(made.Id))?.details ?? {};
  const Capabilities = details['Capabilities'] as Record<string, unknown>; // what the check has put there
  expect(Capabilities).toMatchObject({
    agent: 'Nest 1.0',
    tools: { git: expect.stringMatching(/^\d+\.\d+/) as string },
  });
  expect(Capabilities['freeDiskBytes']).toBeGreaterThan(1_000_000);
});

test.each([
  ['echo fine', 'Healthy', /It answers/],
  ['echo_warning "little room"', 'HasWarnings', /^little room$/],
  ['echo "to stderr" >&2', 'HasWarnings', /^to stderr$/],
  ['echo_warning one; echo_warning two', 'HasWarnings', /^one \(and 1 more\)$/],
  ['echo_error "no database"; exit 0', 'Unhealthy', /^no database$/],
  ['fail_healthcheck "the disk is gone"; echo never', 'Unhealthy', /^the disk is gone$/],
  ['exit 7', 'Unhealthy', /exit code 7/],
  ['[ "#{Octopus.Machine.Name}" = w ] || exit 1', 'Healthy', /It answers/],
])('the script of the policy decides: %s is %s (R90, R91)', async (script, health, summary) => {
  const server = await openHealthServer();
  const made = await server.ask('POST', '/api/machinepolicies', policy(script));
  const worker = await add(server, 'w', join(server.dir, 'nest'), { MachinePolicyId: made.Id });
  const { log } = await check(server, [worker.Id]);
  const found = await workerOf(server, worker.Id);
  expect(found.HealthStatus).toBe(health);
  expect(found['StatusSummary']).toMatch(summary);
  expect(log).not.toContain('##octo');
  expect(await category(server, worker.Id, `Machine${health}`)).toHaveLength(1);
});

test.each([
  ['true', 'Success', undefined],
  ['fail_healthcheck broken', 'Failed', 'OCTO_WORKER_NONE_HEALTHY'],
])(
  'who runs something on a machine that is just being checked for the first time waits for that: after %j it is %s',
  async (end, state, errorCode) => {
    const server = await openHealthServer();
    const { ask, plane, dir } = server;
    const go = join(dir, 'go');
    const rule = await ask('POST', '/api/machinepolicies', policy(`until [ -e '${go}' ]; do sleep 0.05; done; ${end}`));
    await ask('POST', '/api/workers', pigeon('fresh', join(dir, 'nest'), { MachinePolicyId: rule.Id }));
    const task = (await ask('POST', '/api/tasks', { Name: 'AdHocScript', Arguments: { ScriptBody: 'true', Syntax: 'Bash' } })) as Wire; // prettier-ignore
    const now = async () => plane.tasks.get(task.Id);
    const waits = 'a worker of Default Worker Pool: fresh is being checked for the first time';
    await vi.waitFor(async () => expect((await now())?.waiting?.for).toBe(waits), 15_000);
    await writeFile(go, '');
    await vi.waitFor(async () => expect((await now())?.completedAtMs).toBeDefined(), 15_000);
    expect(await now()).toMatchObject({ state, ...(errorCode !== undefined && { errorCode }) });
  },
);

test('a policy inherits the script of the default one; connectivity alone runs none (R88, R89, R111)', async () => {
  const server = await openHealthServer();
  const standard = (await server.ask('GET', '/api/machinepolicies/MachinePolicies-1')) as object;
  await server.ask('PUT', '/api/machinepolicies/MachinePolicies-1', { ...standard, ...policy('echo_warning inherited'), Name: 'Default' }); // prettier-ignore
  const heir = await server.ask('POST', '/api/machinepolicies', { Name: 'Heir' });
  const plain = await server.ask(
    'POST',
    '/api/machinepolicies',
    policy('exit 1', { HealthCheckType: 'OnlyConnectivity' }),
  );
  const first = await add(server, 'a', join(server.dir, 'nest'), { MachinePolicyId: heir.Id });
  const second = await add(server, 'b', join(server.dir, 'nest'), { MachinePolicyId: plain.Id });
  await check(server, [first.Id, second.Id]);
  expect((await workerOf(server, first.Id))['StatusSummary']).toBe('inherited');
  expect((await workerOf(server, second.Id)).HealthStatus).toBe('Healthy');
});

test('a script that hangs is stopped at the limit of the machine, and the others get their result (R94, R96)', async () => {
  const server = await openHealthServer();
  const slow = await server.ask('POST', '/api/machinepolicies', policy('echo begun; sleep 60'));
  const hangs = await add(server, 'hangs', join(server.dir, 'nest'), { MachinePolicyId: slow.Id });
  const fine = await add(server, 'fine', join(server.dir, 'other'));
  await check(server, [hangs.Id, fine.Id], { MachineTimeout: '00:00:06' });
  expect(await workerOf(server, hangs.Id)).toMatchObject({ HealthStatus: 'Unhealthy', StatusSummary: 'The check did not end within 6 s' }); // prettier-ignore
  expect((await workerOf(server, fine.Id)).HealthStatus).toBe('Healthy');
});

test('a check does not wait for a script that has the machine to itself (R97)', async () => {
  const server = await openHealthServer();
  const worker = await add(server, 'w', join(server.dir, 'nest'));
  await check(server, [worker.Id]);
  const script = { ScriptBody: 'echo mine; sleep 30', Syntax: 'Bash', TargetType: 'Workers', WorkerIds: [worker.Id] };
  const held = (await server.ask('POST', '/api/tasks', { Name: 'AdHocScript', Arguments: { ...script, Properties: { 'Octo.Script.Isolation': 'FullIsolation' } } })) as Wire; // prettier-ignore
  await vi.waitFor(async () => expect((await server.plane.journal.read(held.Id, 0, 100_000)).some((it) => it.text === 'mine')).toBe(true), 10_000); // prettier-ignore
  expect((await check(server, [worker.Id])).state).toBe('Success');
  await server.plane.cancel(held.Id);
});

test('a policy whose schedule or waits make no sense is refused (R92, R121, R124)', async () => {
  const server = await openHealthServer();
  const refused = async (more: object) => (await server.ask('POST', '/api/machinepolicies', { Name: 'x', ...more })) as { Errors?: readonly string[] }; // prettier-ignore
  const cron = (HealthCheckCron: string, HealthCheckCronTimezone = 'UTC') => refused({ MachineHealthCheckPolicy: { HealthCheckCron, HealthCheckCronTimezone } }); // prettier-ignore
  expect(JSON.stringify(await cron('every day'))).toContain('OCTO_POLICY_CRON');
  expect(JSON.stringify(await cron('0 3 * * *', 'Europe/Atlantis'))).toContain('OCTO_POLICY_CRON');
  expect(JSON.stringify(await cron('0 3 31 2 *'))).toContain('it never comes');
  expect(JSON.stringify(await refused({ ConnectionConnectTimeout: '00:00:05' }))).toContain('OCTO_POLICY_LEAST');
  expect(await cron('0 0 3 * * *', 'Europe/Vienna')).toMatchObject({ Id: expect.any(String) as string });
});

test('who may be offline does not fail the check; who may not does (R99)', async () => {
  const server = await openHealthServer();
  const patient = await server.ask('POST', '/api/machinepolicies', {
    Name: 'Patient',
    MachineConnectivityPolicy: { MachineConnectivityBehavior: 'MayBeOfflineAndCanBeSkipped' },
  });
  const may = await add(server, 'may', 'away', { MachinePolicyId: patient.Id });
  expect((await check(server, [may.Id])).state).toBe('Success');
  const must = await add(server, 'must', 'away');
  expect(await check(server, [may.Id, must.Id])).toMatchObject({
    state: 'Failed',
    error: 'could not be contacted: must',
  });
  expect((await workerOf(server, may.Id)).HealthStatus).toBe('Unavailable');
});

test('a place that fails three times in a row takes no work, is checked, and is back when that passes; then it stays out for longer (I21, R105)', async () => {
  const server = await openHealthServer();
  const nest = join(server.dir, 'nest');
  const worker = await add(server, 'w', nest);
  await check(server, [worker.Id]);
  const run = async () => {
    const task = (await server.ask('POST', '/api/tasks', { Name: 'AdHocScript', Arguments: { ScriptBody: 'true', Syntax: 'Bash', TargetType: 'Workers', WorkerIds: [worker.Id] } })) as Wire; // prettier-ignore
    await vi.waitFor(async () => expect((await server.plane.tasks.get(task.Id))?.completedAtMs).toBeDefined(), 10_000);
    return (await server.plane.tasks.get(task.Id))?.state;
  };
  const quarantine = async () => {
    const now = await server.plane.workers.get(worker.Id);
    return now && quarantineOf(now);
  };
  const failThrice = async () => {
    await writeFile(`${nest}.away`, '');
    for (let n = 0; n < 3; n++) expect(await run()).toBe('Failed');
    const isChecked = async () => (await workerOf(server, worker.Id)).HealthStatus;
    await vi.waitFor(async () => expect(await isChecked()).toBe('Unavailable'), 10_000);
    await rm(`${nest}.away`);
    return (await quarantine())?.count;
  };
  expect(await failThrice()).toBe(1);
  await check(server, [worker.Id]);
  expect((await quarantine())?.untilMs).toBe(0);
  expect(await run()).toBe('Success');
  expect(await failThrice()).toBe(2);
  expect(await category(server, worker.Id, 'MachineQuarantined')).toHaveLength(2);
  expect((await quarantine())?.untilMs).toBeGreaterThan(Date.now() + 600_000); // 15 min the second time
  expect(await run()).toBe('Failed');
  await check(server, [worker.Id]); // a person's check ends it
  expect(await run()).toBe('Success');
}, 60_000);

test('a policy that is due has one check for all its workers, and no second one meanwhile (R92, R93)', async () => {
  const server = await openHealthServer();
  const schedule = { HealthCheckInterval: '00:00:01' };
  const rule = await server.ask('POST', '/api/machinepolicies', policy('sleep 2', schedule));
  for (const name of ['a', 'b', 'c']) await add(server, name, join(server.dir, name), { MachinePolicyId: rule.Id });
  const due = async () => (await server.plane.tasks.list({ name: 'Health', skip: 0, take: 100 })).items;
  await vi.waitFor(async () => expect((await due()).length).toBeGreaterThanOrEqual(2), 30_000);
  const all = await due();
  expect(all.every((it) => it.description.startsWith('Check the health of 3 workers with machine policy'))).toBe(true);
  expect(all.filter((it) => it.completedAtMs === undefined).length).toBeLessThanOrEqual(1);
}, 40_000);

test('rounds come one after the other, and one worker is checked beside them at once (R93)', async () => {
  const server = await openHealthServer({ taskCap: 5 });
  const hourly = { HealthCheckInterval: '01:00:00' };
  const go = join(server.dir, 'go');
  const slow = policy(`until [ -e '${go}' ]; do sleep 0.05; done`, hourly);
  const well = await add(server, 'well', join(server.dir, 'well'));
  const rules: string[] = [];
  for (const name of ['one', 'two']) {
    const rule = await server.ask('POST', '/api/machinepolicies', { ...slow, Name: name });
    await add(server, name, join(server.dir, name), { MachinePolicyId: rule.Id, SkipInitialHealthCheck: true });
    rules.push(rule.Id);
  }
  const due = async () => {
    for (const id of rules) {
      const before = await server.plane.settings.get<{ nextMs: number } | null>(`health.due.${id}`, null);
      if (!before) return false;
      await server.plane.settings.set(`health.due.${id}`, { ...before, nextMs: 1 });
    }
    return true;
  };
  await vi.waitFor(async () => expect(await due()).toBe(true), 15_000);
  const rounds = async () => (await server.plane.tasks.list({ name: 'Health', skip: 0, take: 100 })).items.filter((it) => it.description.includes('with machine policy')); // prettier-ignore
  await vi.waitFor(async () => expect((await rounds()).map((it) => it.state)).toEqual(['Executing']), 15_000);
  await check(server, [well.Id]); // over before the round is
  expect((await rounds()).map((it) => it.state)).toEqual(['Executing']);
  await writeFile(go, '');
  await vi.waitFor(async () => expect((await rounds()).map((it) => it.state)).toEqual(['Success', 'Success']), 20_000);
}, 60_000);

test('checks take a part of a node at most: what people wait for runs beside them (R93)', async () => {
  const server = await openHealthServer({ taskCap: 5 });
  const well = await add(server, 'well', join(server.dir, 'well'));
  await check(server, [well.Id]);
  const rule = await server.ask('POST', '/api/machinepolicies', policy('sleep 3'));
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const workers = await Promise.all(names.map((name) => add(server, name, join(server.dir, name), { MachinePolicyId: rule.Id }))); // prettier-ignore
  const queue = ({ Id }: Wire) => server.ask('POST', '/api/tasks', { Name: 'Health', Arguments: { MachineIds: [Id] } });
  const checks = (await Promise.all(workers.map(queue))) as readonly Wire[];
  const states = async (ids: readonly string[]) => Promise.all(ids.map(async (id) => (await server.plane.tasks.get(id))?.state)); // prettier-ignore
  const checkIds = checks.map(({ Id }) => Id);
  await vi.waitFor(async () => expect(await states(checkIds)).toContain('Executing'), 10_000);
  const script = { ScriptBody: 'echo at once', Syntax: 'Bash', TargetType: 'Workers', WorkerIds: [well.Id] };
  const run = (await server.ask('POST', '/api/tasks', { Name: 'AdHocScript', Arguments: script })) as Wire;
  await vi.waitFor(async () => expect(await states([run.Id])).toEqual(['Success']), 10_000);
  const now = await states(checkIds);
  expect(now.filter((state) => state === 'Executing').length).toBeLessThanOrEqual(2);
  expect(now).toContain('Queued');
  const waits = async () => (await Promise.all(checkIds.map((id) => server.plane.tasks.get(id)))).map((it) => it?.waiting?.for); // prettier-ignore
  const why =
    /^the end of ServerTasks-\d+, ServerTasks-\d+: of 5 tasks at once server-test runs 2 that are checks at most$/;
  await vi.waitFor(async () => expect(await waits()).toContainEqual(expect.stringMatching(why)), 10_000);
  await Promise.all(checkIds.map((id) => server.plane.cancel(id)));
  await vi.waitFor(async () => expect((await states(checkIds)).filter((it) => it === 'Queued' || it === 'Executing' || it === 'Cancelling')).toEqual([]), 20_000); // prettier-ignore
}, 60_000);
