import { type Blocked } from '@octo/kernel';
import { type LaunchRecord } from './record.ts';

/** Whose scripts a ticket waits for, and since when by the clock of this process. */
export interface BlockedSince {
  readonly byTasks: readonly string[];
  readonly sinceMs: number;
}

/** What a status says of a ticket that has not been handed over. */
export function pendingOf(
  record: LaunchRecord,
  since: BlockedSince | undefined,
): { readonly state: 'Pending'; readonly blocked?: Blocked } {
  if (!since) return { state: 'Pending' };
  const { mutex, timeoutMs } = record.isolation;
  const forMs = Math.round(performance.now() - since.sinceMs);
  const limit = timeoutMs === undefined ? {} : { limitMs: timeoutMs };
  return { state: 'Pending', blocked: { mutex, byTasks: since.byTasks, forMs, ...limit } };
}
