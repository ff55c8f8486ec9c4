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
