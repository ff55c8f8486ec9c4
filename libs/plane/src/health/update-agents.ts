import { OctoError, type MachineProgram, StepFailedError } from '@octo/kernel';
import { type NewEvent, SYSTEM_ACTOR } from '../model/event.ts';
import { type HealthRequest } from '../model/request.ts';
import { type Worker } from '../model/worker.ts';
import { type TaskRoom } from '../queue/room.ts';
import { openingOf } from '../workers/opening.ts';
import { type Round } from './check.ts';

/** One round of checks updates so much of those that are old, at least one: a bad version is met by few (I17). */
const STAGE = 0.1;
/** A version that has failed on a machine is not tried there again for so long, unless a person asks. */
const AGAIN_MS = 24 * 3_600_000;
const AT_ONCE = 4;
const AGENT = /^octo agent (\S+)$/;

interface Old {
  readonly worker: Worker;
  readonly version: string;
  readonly program: MachineProgram;
  readonly isAutomatic: boolean;
}

/**
 * Bring agents of ours that are older than what this server has to the newer version, beside what runs there: no lease is
 * taken, and nobody waits (R69, R104). By policy a few in each round, and none after one that failed; all when a person
 * asks, and then a failure is one of the task.
 */
export async function updateAgents(
  room: TaskRoom,
  round: readonly Round[],
  request: HealthRequest,
  signal: AbortSignal,
): Promise<void> {
  const old = (await Promise.all(round.map((it) => oldOf(room, it, signal)))).filter((it) => it !== undefined);
  const nowMs = room.clock.now();
  const wanted = request.isUpdate ? old : stageOf(old.filter((it) => it.isAutomatic && !hasFailed(it, nowMs)));
  const failures: string[] = [];
  const waiting = [...wanted];
  const next = async (): Promise<void> => {
    for (let one = waiting.shift(); one && failures.length === 0; one = waiting.shift()) {
      const why = await update(room, one, signal);
      if (why !== undefined) failures.push(`${one.worker.name}: ${why}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  if (request.isUpdate && wanted.length === 0)
    room.scribe.line('', 'Info', 'No agent is older than what this server has for it');
  if (!request.isUpdate || failures.length === 0) return;
  throw new StepFailedError('OCTO_AGENT_UPDATE', `not updated: ${failures.join('; ')}`, {
    hint: 'the agents serve as before; their own logs have more',
  });
}

async function oldOf(room: TaskRoom, { worker, policy, found }: Round, signal: AbortSignal): Promise<Old | undefined> {
  const version = AGENT.exec(found.capabilities?.agent ?? '')?.[1];
  const platform = found.capabilities?.platform;
  if (version === undefined || platform === undefined) return undefined;
  const program = await room.runtimes.agent(platform, signal);
  const isOld = program !== undefined && isNewer(program.version, version);
  const available = isOld ? program.version : null;
  if ((worker.details['UpdateAvailable'] ?? null) !== available)
    await room.workers.setHealth(worker.id, { details: { UpdateAvailable: available } }, () => undefined);
  return isOld ? { worker, version, program, isAutomatic: policy.updatesAgents } : undefined;
}

function stageOf(old: readonly Old[]): readonly Old[] {
  return old.slice(0, Math.max(1, Math.ceil(old.length * STAGE)));
}
function hasFailed({ worker, program }: Old, nowMs: number): boolean {
  const failed = worker.details['UpdateFailed'] as { readonly version: string; readonly atMs: number } | undefined; // written below
  return failed?.version === program.version && nowMs - failed.atMs < AGAIN_MS;
}

/** Undefined: it is the new version. */
async function update(
  room: TaskRoom,
  { worker, version, program }: Old,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { scribe, workers, clock } = room;
  const activityId = `update ${worker.id}`;
  scribe.begin(activityId, `Update the agent of ${worker.name} from ${version} to ${program.version}`);
  const why = await tryUpdate(room, worker, program, activityId, signal);
  const atMs = clock.now();
  const details = why === undefined ? { AgentVersion: `octo agent ${program.version}`, UpdateAvailable: null, UpdateFailed: null } : { UpdateFailed: { version: program.version, atMs, why } }; // prettier-ignore
  await workers.setHealth(worker.id, { details }, () => undefined);
  const text =
    why === undefined ? `is octo agent ${program.version} now; it was ${version}` : `stays at ${version}: ${why}`;
  scribe.line(activityId, why === undefined ? 'Highlight' : 'Error', `${worker.name} ${text}`);
  scribe.end(activityId, why === undefined ? 'Success' : 'Failed');
  await room.events.add(eventOf(worker, why === undefined ? 'AgentUpdated' : 'AgentUpdateFailed', `The agent of worker ${worker.name} ${text}`, atMs)); // prettier-ignore
  return why;
}

async function tryUpdate(
  room: TaskRoom,
  worker: Worker,
  program: MachineProgram,
  activityId: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const log = room.scribe.log(activityId);
  try {
    const opening = await openingOf(room.documents, worker, log);
    await using session = await room.registry.transport(worker.style)?.open(opening, signal);
    if (!session?.update) return 'it cannot be updated from here';
    const { sizeBytes } = program.content;
    const end = await session.update(program, signal, (sent) => log.progress((sent / sizeBytes) * 100, `${worker.name} gets ${program.version}`)); // prettier-ignore
    return end.state === 'failed' ? end.why : undefined;
  } catch (error) {
    signal.throwIfAborted();
    return OctoError.is(error) ? error.message : String(error);
  }
}

function eventOf(worker: Worker, category: string, message: string, atMs: number): NewEvent {
  return {
    spaceId: worker.spaceId,
    category,
    actor: SYSTEM_ACTOR,
    atMs,
    message,
    documentType: 'Worker',
    documentIds: [worker.id],
    differences: [],
  };
}

/** `a` comes after `b`: numbers count as numbers, and a version comes after its candidates (`1.0.0-rc.1`). */
export function isNewer(a: string, b: string): boolean {
  return compare(a, b) > 0;
}
function compare(a: string, b: string): number {
  const [left = '', leftRest = ''] = split(a);
  const [right = '', rightRest = ''] = split(b);
  const byNumbers = left.localeCompare(right, 'en', { numeric: true });
  if (byNumbers !== 0 || leftRest === rightRest) return byNumbers;
  if (leftRest === '' || rightRest === '') return leftRest === '' ? 1 : -1;
  return leftRest.localeCompare(rightRest, 'en', { numeric: true });
}
function split(version: string): readonly string[] {
  const at = version.indexOf('-');
  return at < 0 ? [version, ''] : [version.slice(0, at), version.slice(at + 1)];
}
