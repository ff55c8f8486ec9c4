import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

test.each([
  ['octo-acne', ['octo-acme', 'other'], ['octo-acme']],
  ['greet', ['@acme/octo-step-greet', 'zebra'], ['@acme/octo-step-greet']],
  ['xyz', ['octo-acme'], []],
])('for %s among %j the nearest are %j', (wanted, names, near) => {
  expect(nearest(wanted, names)).toEqual(near);
});
