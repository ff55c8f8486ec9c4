import { expect, test } from 'vitest';
import { nextOf } from './schedule.ts';

const HOUR_MS = 3_600_000;
const interval = { kind: 'interval', everyMs: HOUR_MS } as const;
const many = (isFirst: boolean) => Array.from({ length: 500 }, () => (nextOf(interval, 0, isFirst) ?? -1) / HOUR_MS);

test('an interval is kept to a tenth, by chance, so that policies do not come together (R93)', () => {
  const times = many(false);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(0.9);
  expect(Math.max(...times)).toBeLessThanOrEqual(1);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(0.05);
});

test('the first time lies anywhere within the interval: servers that start together spread', () => {
  const times = many(true);
  expect(Math.min(...times)).toBeLessThan(0.1);
  expect(Math.max(...times)).toBeGreaterThan(0.9);
  expect(Math.max(...times)).toBeLessThanOrEqual(1);
});

test('a cron expression counts in its zone, in summer and winter (R92)', () => {
  const nightly = { kind: 'cron', pattern: '0 3 * * *', zone: 'Europe/Vienna' } as const;
  const after = (iso: string) => new Date(nextOf(nightly, Date.parse(iso), false) ?? 0).toISOString();
  expect(after('2026-01-10T12:00:00Z')).toBe('2026-01-11T02:00:00.000Z');
  expect(after('2026-07-10T12:00:00Z')).toBe('2026-07-11T01:00:00.000Z');
});

test('never is never', () => {
  expect(nextOf({ kind: 'never' }, 0, true)).toBeUndefined();
});
