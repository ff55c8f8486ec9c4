import { expect, test } from 'vitest';
import { toStatus } from './ends.ts';

const page = { lines: [], next: 3 };
const end = (exitCode: number, wasCancelled = false) =>
  toStatus({ ...page, state: 'Complete', exitCode }, wasCancelled);

// halibut.md 5.3, workers.md R146, R147.
test.each([
  [0, 'exited', 'stopped'],
  [7, 'exited', 'stopped'],
  [137, 'exited', 'stopped'],
  [-1, 'exited', 'stopped'],
  [-41, 'unknown', 'unknown'],
  [-42, 'exited', 'stopped'],
  [-43, 'unstarted', 'unstarted'],
  [-44, 'unstarted', 'unstarted'],
  [-45, 'unstarted', 'unstarted'],
  [-46, 'unknown', 'unknown'],
  [-47, 'unstarted', 'unstarted'],
  [-81, 'unknown', 'unknown'],
])('exit code %i of a foreign agent: %s; after our cancel: %s', (exitCode, alone, cancelled) => {
  expect(end(exitCode)).toEqual({ lines: [], next: '3', state: 'Complete', end: alone, exitCode });
  expect(end(exitCode, true)).toMatchObject({ end: cancelled, exitCode });
});

test('a script that goes on has no end, and its handle is told each time', () => {
  expect(toStatus({ ...page, state: 'Pending', exitCode: 0 }, true, 'h')).toEqual({
    lines: [],
    next: '3',
    state: 'Pending',
    handle: 'h',
  });
});
