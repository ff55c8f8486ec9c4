import { expect, test } from 'vitest';
import { isNewer } from './update-agents.ts';

test.each([
  ['0.2.0', '0.1.0', true],
  ['0.10.0', '0.9.9', true],
  ['1.0.0', '1.0.0-rc.1', true],
  ['1.0.0-rc.10', '1.0.0-rc.9', true],
  ['1.0.0-rc.1', '1.0.0', false],
  ['1.0.0', '1.0.0', false],
  ['0.9.0', '1.0.0', false],
])('%s comes after %s: %s', (a, b, expected) => {
  expect(isNewer(a, b)).toBe(expected);
});
