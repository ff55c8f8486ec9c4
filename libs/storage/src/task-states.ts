import { isOver, statesBefore, type TaskChange, type TaskState } from '@octo/plane';
import { type Binding, type Row, run, type Transaction } from './database.ts';

/**
 * Every change of state passes here, and asks the table of R213. Answers with the rows that moved. An ended task keeps
 * the name of the node that ran it, but no time until which it is held: nobody holds it.
 */
export function setState(
  trx: Transaction,
  to: TaskState,
  change: TaskChange,
  nowMs: number,
  fit: { readonly where: string; readonly bindings: readonly Binding[] },
): Promise<Row[]> {
  const waiting = change.waiting ? JSON.stringify(change.waiting) : null;
  const sets = ['state = ?', 'updated_ms = ?', 'waiting = ?'];
  const bindings: Binding[] = [to, nowMs, waiting];
  const set = (sql: string, value: Binding) => {
    sets.push(sql);
    bindings.push(value);
  };
  if (change.errorCode !== undefined) set('error_code = ?', change.errorCode);
  if (change.errorMessage !== undefined) set('error_message = ?', change.errorMessage);
  if (isOver(to)) set('completed_ms = ?, claim_until_ms = null', nowMs);
  const before = statesBefore(to);
  return run(
    trx,
    `update task set ${sets.join(', ')} where ${fit.where} and state in (${before.map(() => '?').join(', ')}) returning *`,
    [...bindings, ...fit.bindings, ...before],
  );
}
