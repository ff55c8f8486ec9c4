import { type Capabilities, type Logger, OctoError, StepFailedError } from '@octo/kernel';
import { availableParallelism } from 'node:os';
import { type NewEvent, SYSTEM_ACTOR } from '../model/event.ts';
import { type HealthStatus, type Worker } from '../model/worker.ts';
import { isOutOfReach, NEEDS_SERVER, reachOf } from '../leasing/reach.ts';
import { type TaskRoom } from '../queue/room.ts';
import { openingOf } from '../workers/opening.ts';

/** Longest check of one machine; then it is Unavailable, and the others still get their result (R96). */
const MACHINE_MS = 60_000;
/** So long a check tries again to connect. */
const CHECK_RETRY_MS = 2_000;
/** R95 */
const AT_ONCE = Math.min(32, Math.max(2, 2 * availableParallelism()));

interface Found {
  readonly health: HealthStatus;
  readonly statusSummary: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Ask each of the workers who it is: the connectivity check (R88). What was found stays with the worker. */
export async function checkWorkers(room: TaskRoom, workerIds: readonly string[], signal: AbortSignal): Promise<void> {
  const unavailable: string[] = [];
  const waiting = workerIds.map((id, index) => ({ id, activityId: String(index + 1) }));
  const next = async (): Promise<void> => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      signal.throwIfAborted();
      const worker = await room.workers.get(one.id);
      if (!worker || worker.isDisabled) continue; // deleted or disabled meanwhile (R34)
      const found = await check(room, worker, one.activityId, signal);
      if (found.health === 'Unavailable') unavailable.push(worker.name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  room.signals.publish('leases'); // who waits for a worker looks again
  if (unavailable.length > 0)
    throw new StepFailedError('OCTO_HEALTH_UNAVAILABLE', `could not be contacted: ${unavailable.join(', ')}`, {
      hint: 'octo worker show says why',
    });
}

async function check(room: TaskRoom, worker: Worker, activityId: string, signal: AbortSignal): Promise<Found> {
  const { scribe, clock } = room;
  scribe.begin(activityId, `Check ${worker.name}`);
  const found = await ask(room, worker, activityId, signal);
  scribe.line(activityId, found.health === 'Healthy' ? 'Info' : 'Error', `${worker.name}: ${found.statusSummary}`);
  scribe.end(activityId, found.health === 'Healthy' ? 'Success' : 'Failed');
  const at = clock.now();
  const details = { ...found.details, LastChecked: new Date(at).toISOString(), CheckLog: [found.statusSummary] };
  await room.workers.setHealth(worker.id, { ...found, details }, (after, before) => changed(after, before, at));
  return found;
}

async function ask(room: TaskRoom, worker: Worker, activityId: string, signal: AbortSignal): Promise<Found> {
  const transport = room.registry.transport(worker.style);
  const unavailable = (why: string): Found => ({ health: 'Unavailable', statusSummary: why, details: {} });
  if (!transport) return unavailable(`No loaded plugin speaks ${worker.style}: install one (octo plugin add)`);
  const reach = (await reachOf(room, [worker])).get(worker.id);
  if (isOutOfReach(room, reach)) return unavailable(`${NEEDS_SERVER}: octo server start`);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(MACHINE_MS)]);
  try {
    const opening = await openingOf(room.documents, worker, room.scribe.log(activityId));
    // A check wants to know how it is now: a few tries, and no waiting for better days.
    const limits = { ...opening.limits, retryTimeLimitMs: Math.min(opening.limits.retryTimeLimitMs, CHECK_RETRY_MS) };
    await using session = await transport.open({ ...opening, limits }, limit);
    return healthy(await session.capabilities(limit));
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) return unavailable(`It did not answer within ${MACHINE_MS / 1_000} s`);
    return unavailable(sentence(error, room.logger));
  }
}

function healthy(found: Capabilities): Found {
  const [system, architecture] = (found.platform ?? '').split('-');
  const shell = found.shells[0];
  return {
    health: 'Healthy',
    statusSummary: `It answers: ${found.agent}`,
    details: {
      AgentVersion: found.agent,
      Capabilities: found,
      ...(system && { OperatingSystem: SYSTEMS[system] ?? system }),
      ...(architecture && { Architecture: architecture }),
      ...(shell !== undefined && { ShellName: shell === 'bash' ? 'Bash' : 'PowerShell' }),
    },
  };
}
const SYSTEMS: Readonly<Record<string, string>> = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };

/** One event for each change of health, with the one before (R98). */
function changed(after: Worker, before: Worker, atMs: number): NewEvent {
  return {
    spaceId: after.spaceId,
    category: `Machine${after.health}`,
    actor: SYSTEM_ACTOR,
    atMs,
    message: `Worker ${after.name} was found ${after.health}; it was ${before.health}: ${after.statusSummary}`,
    documentType: 'Worker',
    documentIds: [after.id],
    differences: [{ member: 'HealthStatus', before: before.health, after: after.health }],
  };
}

function sentence(error: unknown, logger: Logger): string {
  if (OctoError.is(error)) return `${error.message} [${error.code}]`;
  logger.warn({ room: 'health', error: String(error) }, 'a transport failed in a way that it does not explain');
  return error instanceof Error ? error.message : String(error);
}
