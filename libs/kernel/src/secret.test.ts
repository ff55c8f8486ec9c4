import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from './secret.ts';

test('a secret prints as stars wherever it is printed (R243)', () => {
  const secret = new Secret('hunter2');
  expect([String(secret), JSON.stringify({ secret }), inspect({ deep: { secret } })].join()).not.toContain('hunter2');
  expect(secret.reveal()).toBe('hunter2');
  expect(Secret.is(secret)).toBe(true);
});
