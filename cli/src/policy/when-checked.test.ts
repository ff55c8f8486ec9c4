import { expect, test } from 'vitest';
import { whenChecked } from './when-checked.ts';

test.each([
  [{ HealthCheckInterval: '01:00:00' }, '01:00:00'],
  [{ HealthCheckCron: '0 3 * * *', HealthCheckCronTimezone: 'Europe/Vienna' }, '0 3 * * * Europe/Vienna'],
  [{ HealthCheckInterval: null, HealthCheckCron: '0 3 * * *' }, '0 3 * * *'],
  [{ HealthCheckInterval: null, HealthCheckCron: null }, 'never'],
  [undefined, 'never'],
])('the checks of %j are shown as %s (R92)', (policy, shown) => {
  expect(whenChecked(policy)).toBe(shown);
});
