import { ScriptExit, type Launch, type ScriptRef, type ScriptStatus, type Session } from '@octo/kernel';
import { type Limits } from '../limits.ts';
import { type RunChange, type RunKey, type RunRecord } from '../model/run.ts';
import { TaskStop } from '../stop-reasons.ts';
import { type Scribe } from '../log/scribe.ts';
import { type Output } from './output.ts';
import { mayHaveRun } from './records.ts';

export interface Observation {
  readonly session: Session;
  readonly scribe: Scribe;
  readonly output: Output;
  readonly limits: Limits;
  readonly activityId: string;
  readonly workerName: string;
}
type Complete = Extract<ScriptStatus, { state: 'Complete' }>;
export type Ended = Pick<Complete, 'end' | 'exitCode' | 'detail'>;

/**
 * Follow one script from its stored ticket to its end: start it unless the machine side has acknowledged that already,
 * store every page with the cursor behind it, and on an abort ask it to stop and read on until its end is known.
 * What the log holds says where reading goes on, so a restart loses no line and doubles none (R143, R144).
 */
export async function observe(
  o: Observation,
  record: RunRecord,
  launch: Launch | undefined,
  signal: AbortSignal,
): Promise<Ended> {
  const key: RunKey = { taskId: record.taskId, action: record.action, attempt: record.attempt, key: record.key };
  let ref: ScriptRef =
    record.handle === undefined ? { ticket: record.ticket } : { ticket: record.ticket, handle: record.handle };
  let cursor = record.cursor;
  let isAcknowledged = record.state !== 'prepared' || launch === undefined;
  let until = signal;
  let isCancelled = false;

  for (;;) {
    try {
      const status: ScriptStatus =
        isAcknowledged || !launch
          ? await o.session.status(ref, { after: cursor, waitMs: o.limits.statusMs }, until)
          : await o.session.start(ref.ticket, launch, until);
      if (status.handle !== undefined) ref = { ticket: ref.ticket, handle: status.handle };
      await storePage(o, key, status, ref, isAcknowledged ? undefined : 'started');
      const wasAcknowledged = isAcknowledged;
      isAcknowledged = true;
      cursor = status.next;
      if (status.state === 'Complete') return judge(status, wasAcknowledged && record.state !== 'prepared');
    } catch (error) {
      if (isCancelled && until.aborted) return abandon(o);
      if (isCancelled || !signal.aborted) throw error;
      if (TaskStop.of(signal)?.leavesScripts) throw signal.reason;
      isCancelled = true;
      until = AbortSignal.timeout(o.limits.cancelMs);
      o.scribe.line(o.activityId, 'Info', `Asking ${o.workerName} to stop the script`);
      await o.session.cancel(ref, until);
      isAcknowledged = true; // a start that was under way is only observed from here on
    }
  }
}

/**
 * One page: lines, what the service messages in it say, and the cursor behind it, stored as one. A mere acknowledgement
 * goes with the next write: without it, a restart starts the same ticket again, and the machine side knows it.
 */
async function storePage(
  o: Observation,
  key: RunKey,
  status: ScriptStatus,
  ref: ScriptRef,
  state: 'started' | undefined,
): Promise<void> {
  const handle = ref.handle === undefined ? {} : { handle: ref.handle };
  if (status.lines.length === 0 && status.state !== 'Complete') {
    if (state) o.scribe.note({ ...key, state, ...handle });
    return;
  }
  const entry = o.output.read(status.lines, status.state === 'Complete');
  const run: RunChange = { ...key, cursor: status.next, parser: o.output.state(), ...(state && { state }), ...handle };
  await o.scribe.append({ ...entry, runs: [run] });
}

/** A ticket that was acknowledged before a restart and is not known any more may have run (R146). */
function judge(status: Complete, wasStartedBefore: boolean): Ended {
  const isForgotten = status.end === 'unstarted' && status.exitCode === ScriptExit.UnknownScript;
  if (wasStartedBefore && isForgotten) return { end: 'unknown', exitCode: ScriptExit.UnknownResult };
  return status;
}

function abandon(o: Observation): Ended {
  const detail = `no end within ${o.limits.cancelMs / 1000} s after the cancel`;
  o.scribe.line(o.activityId, 'Abandoned', `Abandoned the script on ${o.workerName}: ${detail}. It may still run.`);
  return { end: 'abandoned', exitCode: ScriptExit.UnknownResult, detail };
}

/** A stored ticket on a machine side that may start twice is never started again (R146, house.md 6.1). */
export async function refuseSecondStart(session: Session, record: RunRecord, signal: AbortSignal): Promise<void> {
  if (record.state !== 'prepared') return;
  const { startsOnce } = await session.capabilities(signal);
  if (!startsOnce) throw mayHaveRun(record, 'its start was sent, and this machine side cannot tell whether it arrived');
}
