import { expect, test } from 'vitest';
import { unknownCommand, unknownFlag } from './unknown.ts';

const ids = ['worker:list', 'worker:show', 'task:show', 'task:list', 'run', 'doctor'];

test.each([
  [['worker', 'lits'], 'octo worker list'],
  [['task', 'shwo', '5'], 'octo task show'],
  [['docter'], 'octo doctor'],
  [['wroker', 'list'], 'octo worker list'],
])('%j answers with %s', (args, near) => {
  expect(unknownCommand(args, ids)).toMatchObject({
    code: 'OCTO_CLI_COMMAND',
    hint: expect.stringContaining(near),
  });
});

test.each([
  [['worker']],
  [['worker', 'list', 'x']],
  [['run', 'echo hello']],
  [['--help']],
  [[]],
  [['worker', '--help']],
])('%j is known', (args) => expect(unknownCommand(args, ids)).toBeUndefined());

test('an unknown flag names the nearest, and never its value', () => {
  const error = Object.assign(new Error('Nonexistent flag'), { flags: ['--poll=secret'] });
  const told = unknownFlag(error, { id: 'worker:list', known: ['json', 'pool', 'server'] });
  expect(told).toMatchObject({ code: 'OCTO_CLI_FLAG', hint: 'did you mean --pool? All: octo worker list --help' });
  expect(told.message).toBe('unknown flag --poll');
});
