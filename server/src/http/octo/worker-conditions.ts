import { listOf, type WorkerCondition, workerConditionForm } from '@octo/api';
import { absenceOf, quarantineOf, type Stray, takenBecause, unfitBecause, type Worker } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../../plane.ts';
import { type Query } from '../collections.ts';
import { iso } from '../instants.ts';
import { textOf } from '../members.ts';
import { spaceOfRequest } from '../scope.ts';
import { matching } from '../workers.ts';
import { strayResource } from './stray-resource.ts';

const list = listOf(workerConditionForm);
/** One question to the database for so many workers. */
const AT_ONCE = 300;

/** Who is fit and who is not, and why: for all workers of a space at once. Takes the filters of /api/workers/all. */
export function workerConditionRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/octo/worker-conditions', async (request) => {
    const workers = matching(
      await plane.workers.list(await spaceOfRequest(plane, request.raw)),
      request.query as Query,
    );
    return list.toWire(await conditions(plane, workers));
  });
}

async function conditions(plane: Plane, workers: readonly Worker[]): Promise<readonly WorkerCondition[]> {
  const nowMs = plane.clock.now();
  const known: WorkerCondition[] = [];
  const strays = Map.groupBy(await plane.strays.list(), (it) => it.workerId);
  for (let n = 0; n < workers.length; n += AT_ONCE) {
    const some = workers.slice(n, n + AT_ONCE);
    const ids = some.map(({ id }) => id);
    const load = await plane.leases.load(ids, nowMs);
    const seen = await plane.connections.lastSeen(ids);
    for (const worker of some)
      known.push(
        conditionOf(worker, {
          nowMs,
          leases: load.get(worker.id)?.active ?? 0,
          seenMs: seen.get(worker.id),
          strays: strays.get(worker.id) ?? [],
        }),
      );
  }
  return known;
}

interface Now {
  readonly nowMs: number;
  readonly leases: number;
  readonly seenMs: number | undefined;
  readonly strays: readonly Stray[];
}

function conditionOf(worker: Worker, { nowMs, leases, seenMs, strays }: Now): WorkerCondition {
  const { details } = worker;
  const quarantine = quarantineOf(worker);
  const absence = absenceOf(worker);
  const answered = textOf(details['LastSeen']);
  const isKeptOut = quarantine !== undefined && quarantine.untilMs > nowMs;
  const because = unfitBecause(worker, nowMs) ?? takenBecause(strays);
  const isOfHealth = because?.startsWith('health ') === true;
  return {
    id: worker.id,
    unfitBecause: because === undefined ? null : isOfHealth ? `${worker.health}: ${worker.statusSummary}` : because,
    activeLeases: leases,
    agentVersion: textOf(details['AgentVersion']) ?? null,
    lastSeen: latest(answered, seenMs),
    lastChecked: textOf(details['LastChecked']) ?? null,
    quarantinedUntil: isKeptOut ? iso(quarantine.untilMs) : null,
    unavailableSince: absence ? iso(absence.sinceMs) : null,
    strays: strays.map(strayResource),
    capabilities: (details['Capabilities'] ?? {}) as Readonly<Record<string, unknown>>, // as a check has put them there
  };
}

function latest(answered: string | undefined, seenMs: number | undefined): string | null {
  if (seenMs === undefined) return answered ?? null;
  return answered !== undefined && Date.parse(answered) > seenMs ? answered : iso(seenMs);
}
