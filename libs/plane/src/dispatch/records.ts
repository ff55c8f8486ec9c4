import { ConflictError, type ToolFailure } from '@octo/kernel';
import { type Leasable } from '../leasing/candidates.ts';
import { type RunKey, type RunRecord } from '../model/run.ts';
import { type Journal } from '../ports.ts';
import { BUILT_IN_STYLE, builtInId } from '../workers/built-in.ts';

/** What a script left behind besides its exit: kept in the record, so that a restart answers the same. */
export interface Remembered {
  readonly message?: string;
  readonly detail?: string;
  readonly failure?: ToolFailure;
  readonly hasErrors: boolean;
  readonly outputs: readonly (readonly [string, string])[];
}

/** The record under this key, or nothing. A record of something else stops the action: it may have run (house.md 3.1). */
export async function recall(journal: Journal, key: RunKey, digest: string): Promise<RunRecord | undefined> {
  const record = await journal.findRun(key);
  if (record && record.digest !== digest)
    throw new ConflictError(
      'OCTO_ACTION_DIVERGED',
      `after a restart the step asks for something else under "${key.key}" than before; what it asked for may have run`,
      { hint: 'look at the log and at the worker, then run the task anew' },
    );
  return record;
}

export function mayHaveRun(record: Pick<RunRecord, 'workerName' | 'ticket'>, because: string): ConflictError {
  return new ConflictError(
    'OCTO_ACTION_MAY_HAVE_RUN',
    `the result is not known and ${record.ticket} may have run on ${record.workerName}: ${because}`,
    { hint: `look at ${record.workerName} before you run it again` },
  );
}

/**
 * The worker that a record names. A node's built-in worker is that of whatever node now holds the task: its scripts
 * live in the data folder that both share.
 */
export function workerOf(record: RunRecord, nodeId: string): Leasable {
  const { workerName: name, style, endpoint } = record;
  return { id: style === BUILT_IN_STYLE ? builtInId(nodeId) : record.workerId, name, style, endpoint };
}
