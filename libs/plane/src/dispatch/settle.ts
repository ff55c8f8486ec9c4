import { OctoError } from '@octo/kernel';
import { noteStray } from '../health/strays.ts';
import { type RunRecord } from '../model/run.ts';
import { type Claim } from '../model/task.ts';
import { type TaskRoom } from '../queue/room.ts';
import { workerOf } from './records.ts';
import { openSession } from './session.ts';
import { attend, forget, type OnScript } from './worker.ts';

/**
 * Before a stopped task may end: whatever it started and nobody has brought to an end is asked to stop and read to its
 * end. That is so when a node adopts a task that was being cancelled, and when a step let go of its script on an abort.
 */
export async function settleRuns(room: TaskRoom, claim: Claim, stopped: AbortSignal): Promise<void> {
  const runs = (await room.journal.runs(claim.taskId)).filter(isOpen);
  for (const record of runs) {
    const activityId = `${record.action}/${record.attempt}`;
    try {
      await settle(room, claim, record, activityId, stopped);
    } catch (error) {
      if (OctoError.is(error) && error.code === 'OCTO_CLAIM_LOST') throw error;
      const what = `The script ${record.ticket} on ${record.workerName} could not be brought to an end`;
      const why = (error as Error).message;
      room.scribe.line(activityId, 'Abandoned', `${what}: ${why}. It may still run.`);
      if (record.state !== 'finished') await noteStray(room, workerOf(record, room.nodeId).id, record, why);
    }
  }
}

/** One that was abandoned has had its time. */
function isOpen({ kind, state, end }: RunRecord): boolean {
  return kind !== 'once' && state !== 'ended' && end !== 'abandoned';
}

async function settle(room: TaskRoom, claim: Claim, record: RunRecord, activityId: string, stopped: AbortSignal) {
  const worker = workerOf(record, room.nodeId);
  const cancelUntil = AbortSignal.timeout(room.limits.cancelMs); // one limit for all of it (R156)
  await using session = await openSession(room, worker, activityId, cancelUntil);
  const { action, attempt } = record;
  const on: OnScript = { room, claim, action, actionName: '', attempt, activityId, worker, session, cancelUntil };
  await (record.state === 'finished' ? forget(on, record, stopped) : attend(on, record, undefined, stopped));
}
