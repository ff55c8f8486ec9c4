import { expect, test } from 'vitest';
import { isOver, mayMove, statesBefore, TASK_STATES } from './task.ts';

test('an ended task never moves again (R213)', () => {
  for (const from of TASK_STATES.filter(isOver)) for (const to of TASK_STATES) expect(mayMove(from, to)).toBe(false);
  expect(TASK_STATES.filter(isOver)).toEqual(['Success', 'Failed', 'Canceled', 'TimedOut']);
});

test.each([
  ['Queued', 'Executing', true],
  ['Queued', 'Success', false],
  ['Executing', 'Queued', true],
  ['Executing', 'Canceled', false],
  ['Cancelling', 'Canceled', true],
  ['Cancelling', 'Success', false],
  ['Cancelling', 'TimedOut', false],
] as const)('%s -> %s: %s (R213)', (from, to, allowed) => {
  expect(mayMove(from, to)).toBe(allowed);
  expect(statesBefore(to).includes(from)).toBe(allowed);
});
