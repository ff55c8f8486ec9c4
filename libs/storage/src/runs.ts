import { ConflictError } from '@octo/kernel';
import { type RunChange, type RunKey, type RunRecord } from '@octo/plane';
import { type Row, run, type Transaction } from './database.ts';
import { idOf, TASK } from './ids.ts';
import { type Vault } from './vault.ts';

/** What may hold secrets: an endpoint's members, half a service message, a script's last words. */
type Sealed = Pick<RunRecord, 'endpoint' | 'parser' | 'result'>;
type Facts = Omit<RunRecord, keyof Sealed | 'taskId' | 'action' | 'attempt' | 'key' | 'state' | 'ticket' | 'cursor'>;

/** Merge a change into the record; the first one must be whole. */
export async function upsertRun(trx: Transaction, vault: Vault, seq: number, change: RunChange): Promise<void> {
  const at = [seq, change.action, change.attempt, change.key];
  const [row] = await run(trx, 'select * from run where task_seq = ? and action = ? and attempt = ? and key = ?', at);
  const record = { ...(row ? toRun(vault, row) : {}), ...change } as RunRecord; // whole by the check below
  if (record.ticket === undefined || record.digest === undefined)
    throw new ConflictError(
      'OCTO_RUN_UNKNOWN',
      `there is no record "${change.key}" of action ${change.action} to change`,
    );
  const { taskId: _, action, attempt, key, state, ticket, cursor, endpoint, parser, result, ...facts } = record;
  const place = runPlace({ taskId: idOf(TASK, seq), action, attempt, key });
  const sealed = vault.seal(place, { endpoint, parser, result } satisfies Sealed);
  await run(
    trx,
    `insert into run (task_seq, action, attempt, key, place, state, ticket, cursor, facts, sealed)
     values (?, ?, ?, ?, (select count(*) from run where task_seq = ?), ?, ?, ?, ?, ?)
     on conflict (task_seq, action, attempt, key) do update set state = excluded.state, ticket = excluded.ticket,
       cursor = excluded.cursor, facts = excluded.facts, sealed = excluded.sealed`,
    [seq, action, attempt, key, seq, state, ticket, cursor, JSON.stringify(facts satisfies Facts), sealed],
  );
}

export function toRun(vault: Vault, row: Row): RunRecord {
  const at: RunKey = {
    taskId: idOf(TASK, row['task_seq']),
    action: Number(row['action']),
    attempt: Number(row['attempt']),
    key: String(row['key']),
  };
  return {
    ...at,
    state: row['state'] as RunRecord['state'], // written by upsertRun
    ticket: String(row['ticket']),
    cursor: String(row['cursor']),
    ...(JSON.parse(String(row['facts'])) as Facts),
    ...(vault.open(runPlace(at), row['sealed']) as Sealed),
  };
}

export function runPlace({ taskId, action, attempt, key }: RunKey): string {
  return `run ${action}/${attempt}/${key} of ${taskId}`;
}
