import {
  type ActivityLog,
  type Clock,
  OctoError,
  ScriptExit,
  type ScriptRef,
  type ScriptStatus,
  type Session,
} from '@octo/kernel';
import { type Leasable } from '../leasing/candidates.ts';
import { type RunRecord } from '../model/run.ts';
import { type Stray, strayName } from '../model/stray.ts';
import { type Documents } from '../ports-administration.ts';
import { type Strays } from '../ports-strays.ts';
import { type Registry, type Signals } from '../ports.ts';
import { type TaskRoom } from '../queue/room.ts';
import { openingOf } from '../workers/opening.ts';
import { type Round } from './check.ts';

/** One machine is looked at for so long at most, … */
const LIMIT_MS = 60_000;
/** … and so long for the end of one script, which may only now hear that it is to stop. */
const END_MS = 10_000;

export interface StrayDeps {
  readonly strays: Strays;
  readonly documents: Documents;
  readonly registry: Registry;
  readonly signals: Signals;
}

/** Before its task ends: the worker is flagged, for nobody has seen this script's end (R159). */
export async function noteStray(
  { strays, clock }: { readonly strays: Strays; readonly clock: Clock },
  workerId: string,
  { ticket, handle, cursor, taskId, isExclusive = false }: RunRecord,
  why = 'its end was not seen',
): Promise<void> {
  const named = { ticket, ...(handle !== undefined && { handle }), cursor };
  await strays.add({ ...named, workerId, taskId, sinceMs: clock.now(), why, isExclusive });
}

/** Workers that answered a check and are flagged are asked what became of those scripts (R159, I5). */
export async function lookAfterStrays(room: TaskRoom, round: readonly Round[], signal: AbortSignal): Promise<void> {
  const strays = Map.groupBy(await room.strays.list(), (it) => it.workerId);
  if (strays.size === 0) return;
  for (const { worker, found } of round) {
    const own = strays.get(worker.id) ?? [];
    if (own.length > 0 && found.capabilities) await lookThere(room, worker, own, room.scribe.log(''), signal);
  }
}

/** Who is seen clean is flagged no more. Rejects only with the signal's reason. */
export async function lookThere(
  deps: StrayDeps,
  worker: Leasable,
  strays: readonly Stray[],
  log: ActivityLog,
  signal: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  try {
    const opening = await openingOf(deps.documents, worker, log);
    await using session = await deps.registry.transport(worker.style)?.open(opening, limit);
    if (!session) return;
    for (const stray of strays) {
      const { isGone, why, cursor } = await lookAt(session, stray, limit);
      const what = `${worker.name}: ${strayName(stray)}`;
      log.write(isGone ? 'info' : 'warning', `${what}, ${isGone ? 'is over' : 'may still run'}: ${why}`);
      await (isGone ? deps.strays.remove(stray.ticket) : deps.strays.add({ ...stray, why, cursor }));
    }
  } catch (error) {
    signal.throwIfAborted();
    const why = OctoError.is(error) ? error.message : String(error);
    log.write('warning', `${worker.name} could not say what became of abandoned scripts: ${why}`);
  }
  deps.signals.publish('leases'); // one that was to be alone may be gone
}

export interface Look {
  readonly isGone: boolean;
  readonly why: string;
  /** How far its output was passed over. */
  readonly cursor: string;
}

/**
 * Ask the machine side of a ticket. It is told to stop once more, for it may have heard of no cancel yet; what it says
 * after that is what it has seen.
 */
export async function lookAt(session: Session, stray: Stray, signal: AbortSignal, endMs = END_MS): Promise<Look> {
  const { ticket, handle } = stray;
  const ref: ScriptRef = { ticket, ...(handle !== undefined && { handle }) };
  const { startsOnce } = await session.capabilities(signal);
  if (!startsOnce && handle === undefined)
    return { isGone: false, why: 'this machine side has told no name of it to ask for', cursor: stray.cursor };
  await session.cancel(ref, signal);
  const untilMs = performance.now() + endMs;
  for (let after = stray.cursor; ;) {
    const waitMs = Math.max(0, Math.round(untilMs - performance.now()));
    const status: ScriptStatus = await session.status(ref, { after, waitMs }, signal);
    after = status.next;
    if (status.state === 'Complete') return { ...judge(status), cursor: after };
    const why = status.lines.length > 0 ? 'it has written more than could be read now' : 'it was asked to stop, and has not ended'; // prettier-ignore
    if (waitMs === 0) return { isGone: false, why, cursor: after };
  }
}

function judge({ end, exitCode, detail }: Extract<ScriptStatus, { readonly state: 'Complete' }>) {
  const why = detail ?? `exit code ${exitCode}`;
  const isUnknown = exitCode === ScriptExit.UnknownScript;
  switch (end) {
    case 'abandoned':
      return { isGone: false, why };
    case 'unknown':
      return { isGone: false, why: `the machine side does not know its end (${why})` };
    case 'unstarted':
      return { isGone: true, why: isUnknown ? 'the machine knows nothing of it any more' : 'it never started' };
    case 'exited':
      return { isGone: true, why: `it ended by itself, ${why}` };
    case 'stopped':
      return { isGone: true, why };
  }
}
