import { type Activity, type ActivityChange, type ActivityState } from '@octo/plane';
import { type Row, run, type Transaction } from './database.ts';
import { present } from './task-rows.ts';

/**
 * Only what a change names is changed, and a start only once: what another node takes over goes on, it does not begin.
 * Activities keep the order in which they were first named.
 */
export async function upsertActivities(
  trx: Transaction,
  seq: number,
  changes: readonly ActivityChange[],
): Promise<void> {
  for (const change of changes)
    await run(
      trx,
      `insert into activity (task_seq, id, place, name, state, started_ms, ended_ms, progress, progress_message)
       values (?, ?, (select count(*) from activity where task_seq = ?), coalesce(?, ''), coalesce(?, 'Pending'), ?, ?, ?, ?)
       on conflict (task_seq, id) do update set
         name = coalesce(?, activity.name), state = coalesce(?, activity.state),
         started_ms = coalesce(activity.started_ms, excluded.started_ms),
         ended_ms = coalesce(excluded.ended_ms, activity.ended_ms),
         progress = coalesce(excluded.progress, activity.progress),
         progress_message = coalesce(excluded.progress_message, activity.progress_message)`,
      [
        seq,
        change.id,
        seq,
        change.name ?? null,
        change.state ?? null,
        change.startedAtMs ?? null,
        change.endedAtMs ?? null,
        change.progress ?? null,
        change.progressMessage ?? null,
        change.name ?? null,
        change.state ?? null,
      ],
    );
}

export function toActivity(row: Row): Activity {
  const number = (value: unknown) => (value === null ? undefined : Number(value));
  return {
    id: String(row['id']),
    name: String(row['name']),
    state: row['state'] as ActivityState, // written by this package alone
    ...present({
      startedAtMs: number(row['started_ms']),
      endedAtMs: number(row['ended_ms']),
      progress: number(row['progress']),
      progressMessage: typeof row['progress_message'] === 'string' ? row['progress_message'] : undefined,
    }),
  };
}
