import { expect, test } from 'vitest';
import { withPolicyFlags } from './flags.ts';

test('flags change their members only; --set has the last word', () => {
  const before = {
    Name: 'p',
    MachineHealthCheckPolicy: { HealthCheckInterval: '01:00:00', HealthCheckType: 'RunScript' },
  };
  const flags = {
    'connect-timeout': '90s',
    'health-interval': 'never',
    'may-be-offline': true,
    'remove-after': '2d',
    set: ['ConnectionConnectTimeout=00:00:05'],
  };
  expect(withPolicyFlags(before, flags)).toEqual({
    Name: 'p',
    ConnectionConnectTimeout: '00:00:05',
    MachineHealthCheckPolicy: { HealthCheckInterval: null, HealthCheckType: 'RunScript' },
    MachineConnectivityPolicy: { MachineConnectivityBehavior: 'MayBeOfflineAndCanBeSkipped' },
    MachineCleanupPolicy: {
      DeleteMachinesBehavior: 'DeleteUnavailableMachines',
      DeleteMachinesElapsedTimeSpan: '2.00:00:00',
    },
  });
});
test('a policy that may not be offline any more says so; never deletes nothing', () => {
  expect(withPolicyFlags({}, { 'may-be-offline': false, 'remove-after': 'never' })).toEqual({
    MachineConnectivityPolicy: { MachineConnectivityBehavior: 'ExpectedToBeOnline' },
    MachineCleanupPolicy: { DeleteMachinesBehavior: 'DoNotDelete' },
  });
});

test('a schedule is an interval or a cron expression; scripts come from files; retries may be off (R92, R111, R117)', () => {
  const before = { MachineHealthCheckPolicy: { HealthCheckInterval: '01:00:00' } };
  const nightly = withPolicyFlags(before, { 'health-cron': '0 3 * * *', 'health-zone': 'Europe/Vienna' });
  expect(nightly['MachineHealthCheckPolicy']).toEqual({
    HealthCheckInterval: null,
    HealthCheckCron: '0 3 * * *',
    HealthCheckCronTimezone: 'Europe/Vienna',
  });
  const hourly = withPolicyFlags(nightly, { 'health-interval': '1h' });
  expect(hourly['MachineHealthCheckPolicy']).toMatchObject({ HealthCheckInterval: '01:00:00', HealthCheckCron: null });
  expect(withPolicyFlags({}, { 'bash-script-file': '' })).toEqual({
    MachineHealthCheckPolicy: { BashHealthCheckPolicy: { RunType: 'InheritFromDefault', ScriptBody: null } },
  });
  expect(withPolicyFlags({}, { 'call-retry': 'never', 'check-retry': '30s' })).toEqual({
    MachineRpcCallRetryPolicy: { Enabled: false, HealthCheckRetryDuration: '00:00:30' },
  });
  expect(() => withPolicyFlags({}, { 'bash-script-file': '/nowhere' })).toThrow(/cannot be read/);
});
