import { expect, test } from 'vitest';
import { type Absence } from '../model/condition.ts';
import { absenceAfter, type Kept } from './keep.ts';
import { readPolicy } from './policy.ts';

const HOUR_MS = 3_600_000;
const hourly = readPolicy(undefined, undefined);
const kept = (nowMs: number, watchingSinceMs = 0): Kept => ({ nowMs, watchingSinceMs, isManual: false, policy: hourly, lines: [] }); // prettier-ignore
const before = (lastMs: number, countedMs: number): Absence => ({ sinceMs: 0, lastMs, checks: 2, countedMs });

test('the first check that fails counts no time, the next ones what lies between them (R101)', () => {
  const first = absenceAfter(undefined, kept(5 * HOUR_MS));
  expect(first).toEqual({ sinceMs: 5 * HOUR_MS, lastMs: 5 * HOUR_MS, checks: 1, countedMs: 0 });
  const second = absenceAfter(first, kept(6 * HOUR_MS));
  expect(second).toMatchObject({ sinceMs: 5 * HOUR_MS, checks: 2, countedMs: HOUR_MS });
  expect(absenceAfter(second, kept(7 * HOUR_MS))).toMatchObject({ checks: 3, countedMs: 2 * HOUR_MS });
});

test('a pause of the checks counts for two rounds at most: the server was busy, not the machine gone', () => {
  expect(absenceAfter(before(HOUR_MS, HOUR_MS), kept(100 * HOUR_MS)).countedMs).toBe(3 * HOUR_MS);
});

test('what was before this process began to watch does not count, and checks begin anew', () => {
  const found = absenceAfter(before(HOUR_MS, 50 * HOUR_MS), kept(2 * HOUR_MS, 1.5 * HOUR_MS));
  expect(found).toEqual({ sinceMs: 0, lastMs: 2 * HOUR_MS, checks: 1, countedMs: 0 });
});

test('a clock that was set back takes nothing away', () => {
  expect(absenceAfter(before(2 * HOUR_MS, HOUR_MS), kept(HOUR_MS)).countedMs).toBe(HOUR_MS);
});
