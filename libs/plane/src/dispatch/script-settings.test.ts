import { VariableSet } from '@octo/variables';
import { expect, test } from 'vitest';
import { isolationOf, limitsOf } from './script-settings.ts';

const set = (values: Readonly<Record<string, string>>) =>
  new VariableSet(Object.entries(values).map(([name, value]) => ({ name, value })));

test.each([
  ['shared by default on a worker (R160)', {}, { exclusive: false, mutex: 'RunningScript' }],
  ['exclusive when the bypass is False (R162)', { OctopusBypassDeploymentMutex: 'False' }, { exclusive: true }],
  ['shared when the bypass is True (R162)', { OctopusBypassDeploymentMutex: 'True' }, { exclusive: false }],
  ['exclusive by its level', { 'octo.script.isolation': 'fullisolation' }, { exclusive: true }],
  [
    'on a named mutex with a time limit (R161, R165)',
    { 'Octo.Script.IsolationMutex': 'orders-db', 'Octo.Script.IsolationTimeoutSeconds': '1.5' },
    { mutex: 'orders-db', timeoutMs: 1_500 },
  ],
])('a script is %s', (_, values, isolation) => {
  expect(isolationOf(set(values))).toMatchObject(isolation);
});

test('what the step itself asks for goes first', () => {
  const variables = set({ 'Octo.Script.Isolation': 'NoIsolation', 'Octo.Script.IsolationMutex': 'a' });
  expect(isolationOf(variables, { exclusive: true, mutex: 'b' })).toEqual({ exclusive: true, mutex: 'b' });
});

test.each([
  [{}, {}],
  [{ 'Octopus.Action.ExecutionTimeout.Minutes': '2' }, { timeMs: 120_000 }],
  [{ 'Octopus.Action[Deploy].ExecutionTimeout.Minutes': '0.5' }, { timeMs: 30_000 }],
  [{ 'Octopus.Action.ExecutionTimeout.Minutes': '2', 'Octo.Script.TimeLimitSeconds': '10' }, { timeMs: 10_000 }],
  [
    { 'Octo.Script.OutputLimitMebibytes': '2', 'Octo.Script.DiskLimitMebibytes': '1' },
    { outputBytes: 2_097_152, diskBytes: 1_048_576 },
  ],
  [{ 'Octo.Script.TimeLimitSeconds': '0' }, {}],
])('limits %o are %o', (values, limits) => {
  expect(limitsOf(set(values), 'Deploy')).toEqual(limits);
});

test.each([
  [{ 'Octo.Script.Isolation': 'some' }, /Octo.Script.Isolation is "some"/],
  [{ 'Octo.Script.IsolationTimeoutSeconds': 'soon' }, /IsolationTimeoutSeconds is "soon"/],
])('%o is refused by name', (values, message) => {
  expect(() => isolationOf(set(values))).toThrow(message);
});
