import { InputError } from '@octo/kernel';
import { spanMs } from '../workers/opening.ts';
import { readPolicy } from './policy.ts';
import { nextOf } from './schedule.ts';

/** Least values of a machine policy's members. Source: R121, R124. */
const LEAST_MS: Readonly<Record<string, number>> = {
  ConnectionConnectTimeout: 10_000,
  ConnectionRetryTimeLimit: 10_000,
};

/** Refuses what a policy's schema alone cannot judge: a schedule that never comes, waits that are too short. */
export function checkPolicy(members: Readonly<Record<string, unknown>>): void {
  for (const [name, leastMs] of Object.entries(LEAST_MS))
    if ((spanMs(members[name]) ?? leastMs) < leastMs)
      throw new InputError(
        'OCTO_POLICY_LEAST',
        `${name} is at least ${leastMs / 1_000} s, not ${String(members[name])}`,
      );
  const { schedule } = readPolicy({ members } as never, undefined); // only members are read
  if (schedule.kind !== 'cron') return;
  const fault = (why: string, cause?: unknown) =>
    new InputError(
      'OCTO_POLICY_CRON',
      `the health check's cron expression "${schedule.pattern}" in ${schedule.zone}: ${why}`,
      {
        hint: 'minute, hour, day, month, weekday, perhaps with seconds first: 0 3 * * *; the zone is like Europe/Vienna',
        cause,
      },
    );
  let next: number | undefined;
  try {
    next = nextOf(schedule, Date.now(), true);
  } catch (cause) {
    throw fault((cause as Error).message, cause);
  }
  if (next === undefined) throw fault('it never comes');
}
