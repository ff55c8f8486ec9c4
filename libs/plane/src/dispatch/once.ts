import { failpoint } from '@octo/kernel';
import { createHash } from 'node:crypto';
import { type Leasable } from '../leasing/candidates.ts';
import { type RunRecord } from '../model/run.ts';
import { type TaskRoom } from '../queue/room.ts';
import { mayHaveRun, recall } from './records.ts';

export interface OnceAt {
  readonly room: TaskRoom;
  readonly claim: { readonly taskId: string };
  readonly action: number;
  readonly attempt: number;
  readonly worker: Leasable;
}

/** An effect outside the worker, at most once: recorded before it happens, its JSON result after (house.md 3.1). */
export async function once<T>(at: OnceAt, key: string, act: () => Promise<T>): Promise<T> {
  const runKey = { taskId: at.claim.taskId, action: at.action, attempt: at.attempt, key: `once:${key}` };
  const digest = createHash('sha256').update(key).digest('hex');
  const known = await recall(at.room.journal, runKey, digest);
  if (known?.state === 'ended') return known.result as T; // what act() gave, as JSON keeps it
  if (known) throw mayHaveRun({ workerName: 'the server', ticket: key }, 'the node ended in the middle of it');
  const record: RunRecord = {
    ...runKey,
    kind: 'once',
    digest,
    state: 'prepared',
    ticket: '',
    workerId: at.worker.id,
    workerName: at.worker.name,
    style: at.worker.style,
    endpoint: at.worker.endpoint, // a restart opens the same place again
    cursor: '',
  };
  await at.room.scribe.append({ runs: [record] });
  failpoint('once-prepared');
  const result = await act();
  failpoint('once-acted');
  await at.room.scribe.append({ runs: [{ ...runKey, state: 'ended', result }] });
  return result;
}
