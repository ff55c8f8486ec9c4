import { OctoError } from '@octo/kernel';
import { absenceOf } from '../model/condition.ts';
import { type NewEvent, SYSTEM_ACTOR } from '../model/event.ts';
import { type Worker } from '../model/worker.ts';
import { type TaskRoom } from '../queue/room.ts';
import { openingOf } from '../workers/opening.ts';
import { type Round } from './check.ts';
import { runHealthScript } from './script.ts';
import { type HealthPolicy } from './policy.ts';

const PEER_MS = 30_000;
/** So many others are asked at most. */
const PEERS = 3;

/**
 * Delete workers that have been unavailable for as long as their policy says (R100): by at least two checks that failed
 * while this process watched (R101), none that is leased (R102), and only where somebody else says the same: one that
 * another worker still reaches is not down, it is the server that does not reach it (I30).
 */
export async function cleanUp(room: TaskRoom, round: readonly Round[], signal: AbortSignal): Promise<void> {
  const isWell = ({ found }: Round) => found.health === 'Healthy' || found.health === 'HasWarnings';
  for (const { worker, policy, found } of round) {
    if (found.health !== 'Unavailable' || policy.deleteAfterMs === undefined) continue;
    const now = await room.workers.get(worker.id);
    const absence = now && absenceOf(now);
    if (!now || !absence || absence.checks < 2 || absence.countedMs < policy.deleteAfterMs) continue;
    const peers = round.filter((it) => isWell(it) && it.worker.spaceId === now.spaceId).slice(0, PEERS);
    const verdict = await ask(room, now, peers, signal);
    const since = new Date(absence.sinceMs).toISOString();
    if (verdict.isDown)
      await remove(room, now, `was unavailable since ${since} in ${absence.checks} checks; ${verdict.why}`);
    else
      room.scribe.line('', 'Warning', `${now.name} is unavailable since ${since}, and is not deleted: ${verdict.why}`);
  }
}

interface Verdict {
  readonly isDown: boolean;
  readonly why: string;
}

async function ask(room: TaskRoom, worker: Worker, peers: readonly Round[], signal: AbortSignal): Promise<Verdict> {
  if (peers.length === 0)
    return { isDown: false, why: 'no other worker answers, so it may be this server that is cut off' };
  const at = addressOf(worker);
  if (!at) return { isDown: true, why: `it does not call, while ${peers[0]?.worker.name ?? ''} is well` };
  const said: string[] = [];
  for (const peer of peers) {
    const reached = await reaches(room, peer, at, signal);
    if (reached === true) return { isDown: false, why: `${peer.worker.name} reaches ${at.host}:${at.port}, so it is this server that does not` }; // prettier-ignore
    if (reached === false) said.push(peer.worker.name);
  }
  if (said.length === 0) return { isDown: false, why: 'no other worker could be asked whether it is down' };
  return { isDown: true, why: `${said.join(' and ')} cannot reach ${at.host}:${at.port} either` };
}

/** Of one that we call; one that calls us has none. */
function addressOf({ endpoint }: Worker): { readonly host: string; readonly port: number } | undefined {
  const { Host: host, Port: port, Uri: uri } = endpoint;
  if (typeof host === 'string' && host !== '') return { host, port: Number(port ?? 22) };
  if (typeof uri !== 'string' || !URL.canParse(uri) || uri.startsWith('poll:')) return undefined;
  const url = new URL(uri);
  return { host: url.hostname, port: Number(url.port) || 10_933 };
}

/** Whether another worker opens a connection there. Undefined: it could not be asked. */
async function reaches(
  room: TaskRoom,
  peer: Round,
  at: { host: string; port: number },
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const capabilities = peer.found.capabilities;
  if (!capabilities?.shells.includes('bash') || !/^[A-Za-z0-9.:_-]+$/.test(at.host)) return undefined;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PEER_MS)]);
  const body = `if timeout 5 bash -c ': < /dev/tcp/${at.host}/${at.port}' 2> /dev/null; then echo_warning reached; fi`;
  const policy: HealthPolicy = { ...peer.policy, scripts: { bash: body, powershell: undefined } };
  try {
    const log = { write() {}, progress() {} };
    const opening = await openingOf(room.documents, peer.worker, log);
    await using session = await room.registry.transport(peer.worker.style)?.open(opening, limit);
    if (!session) return undefined;
    const ran = {
      session,
      worker: peer.worker,
      policy,
      capabilities,
      taskId: 'octo-health',
      ticket: room.ids.ticket(),
      log,
    };
    const { health, statusSummary } = await runHealthScript(ran, limit);
    if (health === 'Unhealthy') return undefined;
    return health === 'HasWarnings' && statusSummary.startsWith('reached');
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

async function remove(room: TaskRoom, worker: Worker, why: string): Promise<void> {
  const nowMs = room.clock.now();
  const event = (category: string, message: string): NewEvent => ({
    spaceId: worker.spaceId,
    category,
    actor: SYSTEM_ACTOR,
    atMs: nowMs,
    message,
    documentType: 'Worker',
    documentIds: [worker.id],
    differences: [],
  });
  try {
    await room.workers.remove(worker, nowMs, () =>
      event('MachineDeleted', `Worker ${worker.name} was deleted: it ${why}`),
    );
    room.scribe.line('', 'Highlight', `Deleted ${worker.name}: it ${why}`);
    room.signals.publish('workers');
  } catch (error) {
    const reason = OctoError.is(error) ? error.message : String(error);
    room.scribe.line('', 'Warning', `${worker.name} could not be deleted: ${reason}`);
    await room.events.add(
      event('MachineCleanupFailed', `Worker ${worker.name} ${why}, and could not be deleted: ${reason}`),
    );
  }
}
