import { expect, test } from 'vitest';
import { parseSet, withSets } from './set-path.ts';
import { timeSpan } from './time-span.ts';

test('a member is set in depth, whatever the case of its name; values are JSON or a text', () => {
  const before = {
    Name: 'p',
    MachineHealthCheckPolicy: { HealthCheckInterval: '01:00:00', HealthCheckType: 'RunScript' },
  };
  expect(
    withSets(before, ['machinehealthcheckpolicy.healthcheckinterval=02:00:00', 'IsDefault=true', 'New.Deep=null']),
  ).toEqual({
    Name: 'p',
    MachineHealthCheckPolicy: { HealthCheckInterval: '02:00:00', HealthCheckType: 'RunScript' },
    IsDefault: true,
    New: { Deep: null },
  });
  expect(before.MachineHealthCheckPolicy.HealthCheckInterval).toBe('01:00:00');
  expect(parseSet('A=b=c')).toEqual({ path: ['A'], value: 'b=c' });
});
test.each(['A', '=b', 'A..B=c'])('--set %s is refused', (text) => {
  expect(() => parseSet(text)).toThrow(expect.objectContaining({ code: 'OCTO_CLI_SET' }));
});
test.each([
  ['90s', '00:01:30'],
  ['10m', '00:10:00'],
  ['2d', '2.00:00:00'],
  ['26h', '1.02:00:00'],
  ['00:05:00', '00:05:00'],
])('%s is %s', (text, expected) => {
  expect(timeSpan(text, '--x')).toBe(expected);
});
