import { expect, test } from 'vitest';
import { openTestServer } from './plane.fixture.ts';

type Members = Readonly<Record<string, unknown>>;
const post = (payload: object) => ({ method: 'POST' as const, payload });
const put = (payload: object) => ({ method: 'PUT' as const, payload });
const at = (members: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((inner, name) => (inner as Members)[name], members); // any object may be read so

/** Every field with its default, by the number of its rule. Source: workers.md 1.6. */
const DEFAULTS: readonly (readonly [rule: string, path: string, value: unknown])[] = [
  ['R109', 'MachineHealthCheckPolicy.HealthCheckType', 'RunScript'],
  ['R110', 'MachineHealthCheckPolicy.HealthCheckInterval', '01:00:00'],
  ['R110', 'MachineHealthCheckPolicy.HealthCheckCron', null],
  ['R110', 'MachineHealthCheckPolicy.HealthCheckCronTimezone', 'UTC'],
  ['R111', 'MachineHealthCheckPolicy.PowerShellHealthCheckPolicy.RunType', 'InheritFromDefault'],
  ['R111', 'MachineHealthCheckPolicy.BashHealthCheckPolicy.RunType', 'InheritFromDefault'],
  ['R112', 'MachineConnectivityPolicy.MachineConnectivityBehavior', 'ExpectedToBeOnline'],
  ['R113', 'MachineCleanupPolicy.DeleteMachinesBehavior', 'DoNotDelete'],
  ['R113', 'MachineCleanupPolicy.DeleteMachinesElapsedTimeSpan', '01:00:00'],
  ['R114', 'MachineUpdatePolicy.CalamariUpdateBehavior', 'UpdateOnDeployment'],
  ['R115', 'MachineUpdatePolicy.TentacleUpdateBehavior', 'NeverUpdate'],
  ['R115', 'MachineUpdatePolicy.TentacleUpdateAccountId', null],
  ['R116', 'MachineUpdatePolicy.KubernetesAgentUpdateBehavior', 'Update'],
  ['R117', 'MachineRpcCallRetryPolicy.Enabled', true],
  ['R117', 'MachineRpcCallRetryPolicy.RetryDuration', '00:02:30'],
  ['R117', 'MachineRpcCallRetryPolicy.HealthCheckRetryDuration', '00:02:30'],
  ['R118', 'MachinePackageCacheRetentionPolicy.Strategy', 'Default'],
  ['R118', 'MachinePackageCacheRetentionPolicy.QuantityOfPackagesToKeep', -1],
  ['R118', 'MachinePackageCacheRetentionPolicy.QuantityOfVersionsToKeep', 5],
  ['R119', 'PollingRequestQueueTimeout', '00:02:00'],
  ['R120', 'PollingRequestMaximumMessageProcessingTimeout', '00:10:00'],
  ['R121', 'ConnectionConnectTimeout', '00:01:00'],
  ['R122', 'ConnectionRetryCountLimit', 5],
  ['R123', 'ConnectionRetrySleepInterval', '00:00:01'],
  ['R124', 'ConnectionRetryTimeLimit', '00:05:00'],
  ['R180', 'OctoFileCleanupPolicy.KeepFilesDays', 90],
];

test('each field has the default of its rule where nobody says otherwise (R109–R124, R180)', async () => {
  const { ask } = await openTestServer();
  const made = (await ask('/api/Spaces-1/machinepolicies', post({ Name: 'bare' }))).body as Members;
  expect(DEFAULTS.map(([rule, path]) => [rule, path, at(made, path)])).toEqual(DEFAULTS);
});

test('the default policy of a space has its scripts inline, and that is all that is different (R111)', async () => {
  const { ask } = await openTestServer();
  const [standard] = (await ask('/api/Spaces-1/machinepolicies/all')).body as Members[];
  const inline = DEFAULTS.filter(([, path]) => !path.endsWith('RunType'));
  for (const [, path, value] of inline) expect([path, at(standard, path)]).toEqual([path, value]);
  expect(at(standard, 'MachineHealthCheckPolicy.BashHealthCheckPolicy')).toEqual({ RunType: 'Inline', ScriptBody: null }); // prettier-ignore
  expect(at(standard, 'MachineHealthCheckPolicy.PowerShellHealthCheckPolicy')).toEqual({
    RunType: 'Inline',
    ScriptBody: expect.stringContaining('-lt 5GB') as string,
  });
  const template = (await ask('/api/Spaces-1/machinepolicies/template')).body as Members;
  expect(at(template, 'MachineHealthCheckPolicy.PowerShellHealthCheckPolicy.ScriptBody')).toContain('-lt 5GB');
});

test('a part that is null has the defaults, as one that is missing has, in a POST and in a PUT (R109–R118, R180)', async () => {
  const { ask } = await openTestServer();
  const parts = [...new Set(DEFAULTS.filter(([, path]) => path.includes('.')).map(([, path]) => path.split('.')[0]))];
  const nulls = Object.fromEntries(parts.map((it) => [it, null]));
  const made = await ask('/api/Spaces-1/machinepolicies', post({ Name: 'nulls', ...nulls }));
  expect(made.status).toBe(201);
  const { Id } = made.body as Members;
  for (const given of [
    nulls,
    { MachineHealthCheckPolicy: { PowerShellHealthCheckPolicy: null, BashHealthCheckPolicy: null } },
  ]) {
    const { status, body } = await ask(
      `/api/Spaces-1/machinepolicies/${String(Id)}`,
      put({ Id, Name: 'nulls', ...given }),
    );
    expect(status).toBe(200);
    expect(DEFAULTS.map(([rule, path]) => [rule, path, at(body, path)])).toEqual(DEFAULTS);
  }
});

/** As the .NET client writes it: all members, nulls, days and ticks in time spans (rest.md 2.5). */
const official = {
  Id: null,
  Name: 'official',
  Description: null,
  IsDefault: false,
  SpaceId: null,
  ConnectionConnectTimeout: '00:02:00',
  ConnectionRetryCountLimit: 7,
  ConnectionRetrySleepInterval: '00:00:02',
  ConnectionRetryTimeLimit: '00:06:00',
  PollingRequestQueueTimeout: '00:03:00',
  PollingRequestMaximumMessageProcessingTimeout: '00:11:00',
  MachineHealthCheckPolicy: {
    PowerShellHealthCheckPolicy: { RunType: 'Inline', ScriptBody: 'Write-Warning x' },
    BashHealthCheckPolicy: { RunType: 'InheritFromDefault', ScriptBody: null },
    HealthCheckInterval: '1.00:00:00',
    HealthCheckCron: null,
    HealthCheckCronTimezone: 'UTC',
    HealthCheckType: 'OnlyConnectivity',
  },
  MachineConnectivityPolicy: { MachineConnectivityBehavior: 'MayBeOfflineAndCanBeSkipped' },
  MachineCleanupPolicy: { DeleteMachinesBehavior: 'DeleteUnavailableMachines', DeleteMachinesElapsedTimeSpan: '2.12:30:00' }, // prettier-ignore
  MachineUpdatePolicy: { CalamariUpdateBehavior: 'UpdateAlways', TentacleUpdateBehavior: 'Update', TentacleUpdateAccountId: null, KubernetesAgentUpdateBehavior: 'Block' }, // prettier-ignore
  MachineRpcCallRetryPolicy: { Enabled: false, RetryDuration: '00:02:30.5000000', HealthCheckRetryDuration: '00:00:00' }, // prettier-ignore
  MachinePackageCacheRetentionPolicy: { Strategy: 'Quantities', QuantityOfPackagesToKeep: 3, PackageUnit: 'Items', QuantityOfVersionsToKeep: 2, VersionUnit: 'Items' }, // prettier-ignore
  LastModifiedOn: null,
  LastModifiedBy: null,
  Links: {},
};

test('what the official client sends comes back as it was, and once more after a change', async () => {
  const { ask } = await openTestServer();
  const { Id: _id, SpaceId: _space, LastModifiedOn: _on, LastModifiedBy: _by, Links: _links, ...sent } = official;
  const first = await ask('/api/Spaces-1/machinepolicies', post(official));
  expect(first).toMatchObject({ status: 201, body: { ...sent, SpaceId: 'Spaces-1' } });
  const changed = { ...first.body, ConnectionConnectTimeout: '00:00:10', MachineHealthCheckPolicy: { ...official.MachineHealthCheckPolicy, HealthCheckInterval: null } }; // prettier-ignore
  expect(await ask(first.body.Links.Self, put(changed))).toMatchObject({ status: 200 });
  const { LastModifiedOn: _then, ...kept } = changed as Members;
  expect((await ask(first.body.Links.Self)).body).toMatchObject(kept);
});

const REFUSED: readonly (readonly [name: string, value: unknown, told: string])[] = [
  ['MachineHealthCheckPolicy', { HealthCheckType: 'Ping' }, 'HealthCheckType'],
  ['MachineConnectivityPolicy', { MachineConnectivityBehavior: 'Maybe' }, 'MachineConnectivityBehavior'],
  ['MachineCleanupPolicy', { DeleteMachinesElapsedTimeSpan: '2 days' }, 'DeleteMachinesElapsedTimeSpan'],
  ['MachineUpdatePolicy', { KubernetesAgentUpdateBehavior: 'Later' }, 'KubernetesAgentUpdateBehavior'],
  ['ConnectionConnectTimeout', '00:00:09', 'at least 10 s'],
  ['ConnectionRetryTimeLimit', '00:00:09', 'at least 10 s'],
  ['ConnectionRetryCountLimit', 1, 'ConnectionRetryCountLimit'],
  ['ConnectionRetrySleepInterval', 1, 'ConnectionRetrySleepInterval'],
];
test('a value that is none is refused, and the member is named', async () => {
  const { ask } = await openTestServer();
  for (const [name, value, told] of REFUSED) {
    const refused = await ask('/api/Spaces-1/machinepolicies', post({ Name: 'bad', [name]: value }));
    expect([name, refused.status, refused.body.ErrorMessage]).toEqual([name, 400, expect.stringContaining(told)]);
  }
});
