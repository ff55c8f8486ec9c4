import {
  type Clock,
  failpoint,
  OctoError,
  ScriptExit,
  type Launch,
  type ScriptRef,
  type ScriptStatus,
  type Session,
  type TransportError,
} from '@octo/kernel';
import { ANNOUNCE_AFTER_MS, type Limits } from '../limits.ts';
import { type RunChange, type RunKey, type RunRecord } from '../model/run.ts';
import { TaskStop } from '../stop-reasons.ts';
import { type Scribe } from '../log/scribe.ts';
import { type Output } from './output.ts';
import { WAITS } from '../model/waits.ts';
import { mayHaveRun } from './records.ts';
import { type Waits } from './waits.ts';

export interface Observation {
  readonly session: Session;
  readonly scribe: Scribe;
  readonly output: Output;
  readonly limits: Limits;
  readonly waits: Waits;
  readonly clock: Clock;
  readonly activityId: string;
  readonly workerName: string;
  /** Until when a script that is cancelled may take to end. Default: `limits.cancelMs` from the cancel on. */
  readonly cancelUntil?: AbortSignal;
}
type Complete = Extract<ScriptStatus, { state: 'Complete' }>;
export type Ended = Pick<Complete, 'end' | 'exitCode' | 'detail'>;
/** The end, and how far the output was read until then: the machine is asked for what comes after that, and for nothing twice. */
export type Observed = Ended & Partial<Pick<RunRecord, 'cursor' | 'handle'>>;

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
): Promise<Observed> {
  const key: RunKey = { taskId: record.taskId, action: record.action, attempt: record.attempt, key: record.key };
  let ref: ScriptRef =
    record.handle === undefined ? { ticket: record.ticket } : { ticket: record.ticket, handle: record.handle };
  let cursor = record.cursor;
  let isAcknowledged = record.state !== 'prepared' || launch === undefined;
  let until = signal;
  let isCancelled = false;
  let isPending = false;
  let pages = 0;
  const soFar = () => ({ cursor, ...(ref.handle !== undefined && { handle: ref.handle }) });

  for (;;) {
    try {
      const status: ScriptStatus =
        isAcknowledged || !launch
          ? await o.session.status(
              ref,
              { after: cursor, waitMs: isPending ? ANNOUNCE_AFTER_MS : o.limits.statusMs },
              until,
            )
          : await o.session.start(ref.ticket, launch, until);
      if (status.handle !== undefined) ref = { ticket: ref.ticket, handle: status.handle };
      if (!isAcknowledged) failpoint('start-acknowledged');
      if (status.state === 'Complete') failpoint('exit-read');
      await storePage(o, key, status, ref, isAcknowledged ? undefined : 'started');
      if (status.lines.length > 0 && ++pages === 1) failpoint('first-page-stored');
      if (status.lines.length > 0 && pages > 1) failpoint('page-stored');
      const wasAcknowledged = isAcknowledged;
      isAcknowledged = true;
      cursor = status.next;
      isPending = status.state === 'Pending';
      await showTurn(o, status, isCancelled);
      if (status.state === 'Complete') {
        const ended = await toldEnd(o, status, isCancelled, wasAcknowledged && record.state !== 'prepared');
        return { ...ended, ...soFar() };
      }
    } catch (error) {
      if (isCancelled && until.aborted) return { ...abandon(o), ...soFar() };
      if (isCancelled && isOfTheWay(error)) {
        await pause(o, until);
        continue;
      }
      if (!isCancelled && !signal.aborted && mayHaveBegun(error, isAcknowledged)) tellLeft(o, ref);
      if (isCancelled || !signal.aborted) throw error;
      if (TaskStop.of(signal)?.leavesScripts) throw signal.reason;
      isCancelled = true;
      until = o.cancelUntil ?? AbortSignal.timeout(o.limits.cancelMs);
      if (!(await askToStop(o, ref, until))) return { ...abandon(o), ...soFar() };
      isAcknowledged = true; // a start that was under way is only observed from here on
    }
  }
}

/** Between two questions to a machine that cannot be reached, where the transport itself does not ask again. */
const ASK_AGAIN_MS = 1_000;

/** False when the machine could not be told in the time that a cancelled script has (R155, R156). */
async function askToStop(o: Observation, ref: ScriptRef, until: AbortSignal): Promise<boolean> {
  o.scribe.line(o.activityId, 'Info', `Asking ${o.workerName} to stop the script`);
  await o.waits.show(o.activityId, {
    for: `the end of the cancelled script on ${o.workerName}`,
    sinceMs: o.clock.now(),
    untilMs: o.clock.now() + o.limits.cancelMs,
    whenOver: WAITS.cancel.whenOver,
  });
  while (!until.aborted) {
    try {
      await o.session.cancel(ref, until);
      failpoint('cancel-sent');
      return true;
    } catch (error) {
      if (!until.aborted && !isOfTheWay(error)) throw error;
      await pause(o, until);
    }
  }
  return false;
}

/** The way to the machine is gone, and its script was started, or may have been. */
function mayHaveBegun(error: unknown, isAcknowledged: boolean): boolean {
  return isOfTheWay(error) && (isAcknowledged || (error as TransportError).started === 'maybe');
}

/** The action fails by the way; what that means for its script is not left to guessing (R249). */
function tellLeft({ scribe, activityId, workerName }: Observation, { ticket }: ScriptRef): void {
  const what = `Lost ${workerName} while it had the script: it may have ended, or still run there`;
  scribe.line(
    activityId,
    'Abandoned',
    `${what}. Its output stays there under ticket ${ticket} until it is cleaned up.`,
  );
}

/** The machine could not be reached; it has said nothing about the script. */
export function isOfTheWay(error: unknown): boolean {
  return OctoError.is(error) && error.kind === 'TransportError';
}
async function pause(o: Observation, until: AbortSignal): Promise<void> {
  await o.clock.sleep(ASK_AGAIN_MS, until).catch(() => {}); // whoever goes on looks at the limit
}

/** A script that is pending waits for its turn on the machine; whose, the machine says where it can (R164, R252). */
async function showTurn(o: Observation, status: ScriptStatus, isCancelled: boolean): Promise<void> {
  if (isCancelled) return;
  if (status.state !== 'Pending') return o.waits.show(o.activityId, null);
  const { blocked } = status;
  if (!blocked || blocked.forMs < ANNOUNCE_AFTER_MS) return;
  const sinceMs = o.clock.now() - blocked.forMs;
  const isLimited = blocked.limitMs !== undefined;
  await o.waits.show(o.activityId, {
    for: `its turn on ${o.workerName}: the isolation mutex ${blocked.mutex} is held by ${blocked.byTasks.join(', ')}`,
    sinceMs,
    ...(isLimited && { untilMs: sinceMs + (blocked.limitMs ?? 0) }),
    whenOver: isLimited ? WAITS.turn.whenOver : 'it starts as soon as those scripts have ended',
  });
}

/** What became of a script that did not end by itself is said in the log, never guessed (I5, R159). */
async function toldEnd(
  o: Observation,
  status: Complete,
  isCancelled: boolean,
  wasStartedBefore: boolean,
): Promise<Ended> {
  const ended = judge(status, wasStartedBefore);
  const detail = ended.detail === undefined ? '' : `: ${ended.detail}`;
  if (ended.end === 'stopped') o.scribe.line(o.activityId, 'Info', `Stopped the script on ${o.workerName}${detail}`);
  if (ended.end === 'abandoned')
    o.scribe.line(o.activityId, 'Abandoned', `Abandoned the script on ${o.workerName}${detail}`);
  if (ended.end === 'unknown' && ended.detail !== undefined)
    o.scribe.line(o.activityId, 'Warning', `The end of the script on ${o.workerName} is not known${detail}`);
  if (ended.end === 'exited' && ended.detail !== undefined)
    o.scribe.line(o.activityId, 'Warning', `The script on ${o.workerName} ended by itself${detail}`);
  if (isCancelled) await o.waits.show(o.activityId, null);
  return ended;
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
