import { expect, test } from 'vitest';
import { judgeBuiltIn } from './built-in.ts';

const facts = { isEnabled: true, isDefaultPool: true, poolName: 'Default Worker Pool', workersInPool: 0 };

test.each([
  ['serves an empty default pool after a fresh install (R11, R14)', {}, { serves: true }],
  ['serves no other pool (R14, R17)', { isDefaultPool: false }, { serves: false, isSwitchedOff: false }],
  ['stands back while the default pool holds a worker, fit or not (R15, R16)', { workersInPool: 1 }, { serves: false }],
  ['stands back when it is switched off, and the verdict says so (R13)', { isEnabled: false }, { isSwitchedOff: true }],
])('the built-in worker %s', (_, change, verdict) => {
  expect(judgeBuiltIn({ ...facts, ...change })).toMatchObject(verdict);
});
