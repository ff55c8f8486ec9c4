import { type Capabilities, type Logger, OctoError, StepFailedError, type TransportError } from '@octo/kernel';
import { availableParallelism } from 'node:os';
import { isOutOfReach, NEEDS_SERVER, reachOf } from '../leasing/reach.ts';
import { type HealthRequest } from '../model/request.ts';
import { type ServerTask } from '../model/task.ts';
import { type Worker } from '../model/worker.ts';
import { type TaskRoom } from '../queue/room.ts';
import { nameIn } from '../workers/name-in-hint.ts';
import { openingOf } from '../workers/opening.ts';
import { cleanMachines } from './clean-machines.ts';
import { cleanUp } from './clean-up.ts';
import { ticketOfCheck } from './ticket-of-check.ts';
import { changed, detailsAfter, type Found } from './keep.ts';
import { healthPolicies, type HealthPolicy } from './policy.ts';
import { type Probed, wantsTools } from './probe.ts';
import { runHealthScript, withoutShell } from './script.ts';
import { lookAfterStrays } from './strays.ts';
import { updateAgents } from './update-agents.ts';

/** Longest check of one machine; then it is Unavailable, and the others still get their result (R96). */
const MACHINE_MS = 120_000;
/** So long a check tries again to connect: it wants to know how it is now. */
const CONNECT_RETRY_MS = 2_000;
/** R95 */
const AT_ONCE = Math.min(32, Math.max(2, 2 * availableParallelism()));

/** What one round has found, by worker. */
export interface Round {
  readonly worker: Worker;
  readonly policy: HealthPolicy;
  readonly found: Found;
}

/**
 * Check each of the workers as its policy says (R88-R91), keep what was found with it, then delete whoever has been away
 * for too long. Rejects where one that is expected to be online is not (R99).
 */
export async function checkWorkers(
  room: TaskRoom,
  task: Pick<ServerTask, 'id' | 'spaceId' | 'queuedAtMs'>,
  request: HealthRequest,
  signal: AbortSignal,
): Promise<void> {
  const policyOf = healthPolicies(room.documents);
  const waiting = request.workerIds.map((id, index) => ({ id, activityId: String(index + 1) }));
  const round: Round[] = [];
  const next = async (): Promise<void> => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      signal.throwIfAborted();
      const worker = await room.workers.get(one.id);
      if (!worker || worker.isDisabled) continue; // deleted or disabled meanwhile (R34)
      const policy = await policyOf(worker.spaceId, worker.machinePolicyId);
      const found = await checkOne({ room, task, request, worker, policy, activityId: one.activityId }, signal);
      round.push({ worker, policy, found });
      room.scribe.activity({ id: '', progress: Math.round((round.length / request.workerIds.length) * 100) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  room.signals.publish('leases'); // who waits for a worker looks again
  await lookAfterStrays(room, round, signal);
  await cleanUp(room, round, signal);
  await cleanMachines(room, round, signal);
  await updateAgents(room, round, request, signal);
  const missing = round.filter(({ found, policy }) => found.health === 'Unavailable' && !policy.mayBeOffline);
  if (missing.length === 0) return;
  const names = missing.map(({ worker }) => worker.name);
  const more = names.length > 20 ? ` and ${names.length - 20} more` : '';
  throw new StepFailedError(
    'OCTO_HEALTH_UNAVAILABLE',
    `could not be contacted: ${names.slice(0, 20).join(', ')}${more}`,
    {
      hint: 'octo worker show says why',
    },
  );
}

interface One {
  readonly room: TaskRoom;
  readonly task: Pick<ServerTask, 'id' | 'queuedAtMs'>;
  readonly request: HealthRequest;
  readonly worker: Worker;
  readonly policy: HealthPolicy;
  readonly activityId: string;
}

async function checkOne(one: One, signal: AbortSignal): Promise<Found> {
  const { room, worker, request, policy, activityId } = one;
  const { scribe, clock } = room;
  scribe.begin(activityId, `Check ${worker.name}`);
  const lines: string[] = [];
  const found = await ask(one, lines, signal);
  const isWell = found.health === 'Healthy' || found.health === 'HasWarnings';
  const category = found.health === 'Healthy' ? 'Info' : isWell ? 'Warning' : 'Error';
  scribe.line(activityId, category, `${worker.name}: ${found.statusSummary}`);
  scribe.end(activityId, found.health === 'HasWarnings' ? 'SuccessWithWarning' : isWell ? 'Success' : 'Failed');
  const nowMs = clock.now();
  const kept = { nowMs, isManual: request.isManual ?? false, watchingSinceMs: room.sinceMs, policy, lines: [...lines, found.statusSummary] }; // prettier-ignore
  const { health, statusSummary } = found;
  const now = (await room.workers.get(worker.id)) ?? worker;
  const details = detailsAfter(now, found, kept);
  await room.workers.setHealth(worker.id, { health, statusSummary, details }, (after, before) =>
    changed(after, before, nowMs),
  );
  return found;
}

async function ask(one: One, lines: string[], signal: AbortSignal): Promise<Found> {
  const { room, worker, request, activityId } = one;
  const transport = room.registry.transport(worker.style);
  const unavailable = (why: string): Found => ({ health: 'Unavailable', statusSummary: why });
  const unasked = (why: string): Found => ({ ...unavailable(why), isUnasked: true });
  if (!transport) return unasked(`No loaded plugin speaks ${worker.style}: install one (octo plugin add)`);
  const reach = (await reachOf(room, [worker])).get(worker.id);
  if (isOutOfReach(room, reach)) return unasked(`${NEEDS_SERVER}: octo server start`);
  const limitMs = Math.max(1_000, request.machineTimeoutMs ?? MACHINE_MS);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  const log = told(room.scribe.log(activityId), lines);
  let said: Capabilities | undefined;
  try {
    const opening = await openingOf(room.documents, worker, log);
    const { retryTimeLimitMs, ...others } = opening.limits;
    const patience = Math.min(retryTimeLimitMs, CONNECT_RETRY_MS);
    const limits = { ...others, retryTimeLimitMs: patience, callRetryMs: patience };
    {
      await using session = await transport.open({ ...opening, limits }, limit);
      said = await session.capabilities(limit);
    }
    return await lookAround(one, said, log, limit);
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.aborted) {
      const why = sentence(error, room.logger, worker);
      if (!isOfTransport(error)) return said ? unavailable(why) : unasked(why);
      return error.isReached ? { health: 'Unhealthy', statusSummary: why, ...(said && { capabilities: said }) } : unavailable(why); // prettier-ignore
    }
    if (said) return { health: 'Unhealthy', statusSummary: `The check did not end within ${limitMs / 1_000} s`, capabilities: said }; // prettier-ignore
    return unavailable(`It did not answer within ${limitMs / 1_000} s`);
  }
}

/** Where the policy wants more than an answer: its script, and what there is on the machine. */
async function lookAround(
  one: One,
  said: Capabilities,
  log: ReturnType<typeof told>,
  signal: AbortSignal,
): Promise<Found> {
  const { room, worker, policy, task, request } = one;
  const answers: Found = { health: 'Healthy', statusSummary: `It answers: ${said.agent}`, capabilities: said };
  if (policy.type === 'OnlyConnectivity' || request.isConnectivityOnly) return answers;
  const [shell] = said.shells;
  if (shell === undefined)
    return { ...answers, health: 'Unhealthy', statusSummary: sentence(withoutShell(worker), room.logger, worker) };
  if (policy.scripts[shell] === undefined) return answers;
  const transport = room.registry.transport(worker.style);
  const opening = await openingOf(room.documents, worker, log);
  const limits = { ...opening.limits, callRetryMs: policy.retryMs };
  await using session = await transport?.open({ ...opening, limits }, signal);
  if (!session) return answers;
  const ticket = ticketOfCheck(task, worker.id);
  const nowMs = room.clock.now();
  const known = worker.details['Capabilities'] as Probed | undefined; // nobody but keep.ts writes it
  const tools = wantsTools(known, nowMs, request.isManual ?? false) ? { toolsAtMs: nowMs } : {};
  const script = { session, worker, policy, capabilities: said, taskId: task.id, ticket, log, ...tools };
  const ran = await runHealthScript(script, signal);
  const statusSummary = ran.statusSummary || answers.statusSummary;
  return { health: ran.health, statusSummary, capabilities: said, probed: ran.probed };
}

/** The log of the task, of which the worker keeps what people read. */
function told(log: ReturnType<TaskRoom['scribe']['log']>, lines: string[]) {
  return {
    write(level: Parameters<typeof log.write>[0], text: string) {
      log.write(level, text);
      if (level !== 'verbose') lines.push(text);
    },
    progress: (percentage: number, message: string) => log.progress(percentage, message),
  };
}

function isOfTransport(error: unknown): error is TransportError {
  return OctoError.is(error) && error.kind === 'TransportError';
}

function sentence(error: unknown, logger: Logger, { name }: Worker): string {
  if (OctoError.is(error))
    return `${error.message} [${error.code}]${error.hint === undefined ? '' : ` (${nameIn(error.hint, name)})`}`;
  logger.warn({ room: 'health', error: String(error) }, 'a transport failed in a way that it does not explain');
  return error instanceof Error ? error.message : String(error);
}
