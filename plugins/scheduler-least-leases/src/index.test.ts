import { type Ask, type Candidate } from '@octo/kernel';
import { schedulerContract } from '@octo/testkit/scheduler-contract';
import { expect, test } from 'vitest';
import { leastLeases } from './index.ts';

schedulerContract('least-leases', leastLeases);

const ask: Ask = { nowMs: 0, taskId: 'ServerTasks-1' };
const worker = (workerId: string, more: Partial<Candidate> = {}): Candidate => ({
  workerId,
  name: workerId,
  activeLeases: 0,
  hasPackage: false,
  ...more,
});
const busyA = worker('a', { activeLeases: 2 });

test.each<[string, Ask, Candidate[], object]>([
  [
    'the idlest wins (R56)',
    ask,
    [busyA, worker('b', { activeLeases: 1 })],
    { take: 'b', because: 'least leases: 1 of a 2, b 1' },
  ],
  ['a package at hand breaks a tie', ask, [worker('a'), worker('b', { hasPackage: true })], { take: 'b' }],
  [
    'then the longest rest (R56)',
    ask,
    [worker('a', { lastLeasedAtMs: 9 }), worker('b', { lastLeasedAtMs: 5 })],
    { take: 'b' },
  ],
  [
    'and whoever was never leased before all others',
    ask,
    [worker('a', { lastLeasedAtMs: 9 }), worker('b')],
    { take: 'b', because: 'least leases: 0 of a 0, b 0' },
  ],
  [
    'affinity goes first (R60)',
    { ...ask, affinity: { workerId: 'a', actions: 1 } },
    [busyA, worker('b')],
    { take: 'a', because: expect.stringContaining('affinity') },
  ],
  [
    'up to its cap (R61)',
    { ...ask, leaseCap: 1, affinity: { workerId: 'a', actions: 1 } },
    [busyA, worker('b')],
    { take: 'b' },
  ],
  ['not to a worker that is no candidate', { ...ask, affinity: { workerId: 'z', actions: 1 } }, [busyA], { take: 'a' }],
])('%s', (_, asked, candidates, choice) => {
  expect(leastLeases.choose(asked, candidates)).toMatchObject(choice);
});
