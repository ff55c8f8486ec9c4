import { type Candidate, type Choice, type Clock, ConflictError, type PoolScheduler } from '@octo/kernel';
import { type Stray } from '../model/stray.ts';
import { type Worker, type WorkerPool } from '../model/worker.ts';
import {
  type Connections,
  type Lease,
  type Leases,
  type Registry,
  type Settings,
  type Tasks,
  type Workers,
} from '../ports.ts';
import { type Strays } from '../ports-strays.ts';
import { BUILT_IN_SWITCH, judgeBuiltIn } from '../workers/built-in.ts';
import { type Excluded, type Leasable, nobodyFits, sortOut, toCandidates } from './candidates.ts';
import { inFirstCheck, isNew } from './first-check.ts';
import { isOutOfReach, NEEDS_SERVER, type Reach, reachOf, reachWords } from './reach.ts';

/** Name of the scheduler that is used until pools can name their own. */
export const SCHEDULER = 'least-leases';

export interface SurveyDeps {
  readonly leases: Leases;
  readonly workers: Workers;
  readonly tasks: Tasks;
  readonly settings: Settings;
  readonly registry: Registry;
  readonly connections: Connections;
  readonly strays: Strays;
  readonly clock: Clock;
  readonly nodeId: string;
  readonly onlyOwn: boolean;
}
export interface SurveyAsk {
  readonly taskId: string;
  readonly spaceId: string;
  readonly pool: WorkerPool;
  /** Only this one may be taken. */
  readonly workerId?: string;
  /** Not these: they were tried, and nothing can have reached them (R63). */
  readonly without?: readonly string[];
}
/** Who could take an action now, who could not and why, and what the scheduler makes of it. Changes nothing. */
export type Survey = {
  readonly fit: readonly Leasable[];
  readonly excluded: readonly Excluded[];
  readonly candidates: readonly Candidate[];
  /** Good leases of the fit ones. */
  readonly leases: readonly Lease[];
  /** From where each of the fit ones is reached. */
  readonly reach: ReadonlyMap<string, Reach>;
  /** What may still run on some worker though its task is over (R159). */
  readonly strays: ReadonlyMap<string, readonly Stray[]>;
} & (
  | { readonly refusal: ConflictError; readonly choice?: undefined }
  | { readonly refusal?: undefined; readonly choice: Choice }
);

export async function survey(deps: SurveyDeps, ask: SurveyAsk): Promise<Survey> {
  const { taskId, spaceId, pool, workerId, without = [] } = ask;
  const isAsked = (w: Worker) => (workerId === undefined ? w.poolIds.includes(pool.id) : w.id === workerId);
  const workers = (await deps.workers.list(spaceId)).filter(isAsked);
  if (workerId !== undefined && workers.length === 0) return { ...NOBODY, refusal: workerGone(workerId) };
  const builtIn = judgeBuiltIn({
    isEnabled: await deps.settings.get(BUILT_IN_SWITCH, true),
    isDefaultPool: pool.isDefault && workerId === undefined,
    poolName: pool.name,
    workersInPool: workers.length,
  });
  const canSpeak = (style: string) => deps.registry.transport(style) !== undefined;
  const strays = Map.groupBy(await deps.strays.list(), (it) => it.workerId);
  const sorted = sortOut(workers, builtIn, { nodeId: deps.nodeId, nowMs: deps.clock.now(), strays }, canSpeak);
  const reach = await reachOf(deps, sorted.fit);
  const unreached = sorted.fit.flatMap((w): (Excluded & { readonly id: string })[] => {
    if (without.includes(w.id)) return [{ id: w.id, name: w.name, because: 'not reached' }];
    return isOutOfReach(deps, reach.get(w.id)) ? [{ id: w.id, name: w.name, because: NEEDS_SERVER }] : [];
  });
  const fit = sorted.fit.filter(({ id }) => !unreached.some((w) => w.id === id));
  const excluded = [...sorted.excluded, ...unreached];
  if (fit.length === 0) {
    const fresh = await inFirstCheck(deps, ask, workers);
    if (fresh.length > 0) return { ...NOBODY, excluded, choice: { wait: beingChecked(fresh) } };
    if (await haveBeenChecked(deps, workers.filter(isNew))) return survey(deps, ask);
    return { ...NOBODY, excluded, refusal: nobodyFits(pool, workers, builtIn, excluded) };
  }
  const nowMs = deps.clock.now();
  const ids = new Set(fit.map((w) => w.id));
  const leases = (await deps.leases.list(nowMs)).filter((l) => ids.has(l.workerId));
  const { candidates, later } = nearestOf(toCandidates(fit, await deps.leases.load([...ids], nowMs), leases), reach);
  const choice = scheduler(deps.registry).choose({ nowMs, taskId }, candidates);
  return { fit, excluded: [...excluded, ...later], candidates, leases, reach, strays, choice };
}

const NOBODY = {
  fit: [],
  excluded: [],
  candidates: [],
  leases: [],
  reach: new Map<string, Reach>(),
  strays: new Map<string, readonly Stray[]>(),
};

function beingChecked(fresh: readonly Worker[]): string {
  const names = fresh.map(({ name }) => name).join(', ');
  return `${names} ${fresh.length === 1 ? 'is' : 'are'} being checked for the first time`;
}
/** The check may have ended between two looks: then what was read of its worker is old. */
async function haveBeenChecked({ workers }: SurveyDeps, fresh: readonly Worker[]): Promise<boolean> {
  const now = await Promise.all(fresh.map(({ id }) => workers.get(id)));
  return now.some((worker) => worker === undefined || !isNew(worker));
}

const NEAREST = ['here', 'elsewhere', 'nowhere'] as const;

/** Whom this node reaches comes before whom another one reaches, and before those for whom one can only wait. */
function nearestOf(free: readonly Candidate[], reach: ReadonlyMap<string, Reach>) {
  const of = (from: Reach['from']) => free.filter((it) => reach.get(it.workerId)?.from === from);
  const candidates = NEAREST.map(of).find((some) => some.length > 0) ?? [];
  const later = free
    .filter((it) => !candidates.includes(it))
    .map((it): Excluded => ({ name: it.name, because: reachWords(reach.get(it.workerId)) }));
  return { candidates, later };
}

function workerGone(workerId: string): ConflictError {
  return new ConflictError('OCTO_WORKER_GONE', `${workerId} was deleted before the action began`, {
    hint: 'octo worker list',
  });
}

function scheduler(registry: Registry): PoolScheduler {
  const found = registry.scheduler(SCHEDULER);
  if (!found)
    throw new ConflictError('OCTO_SCHEDULER_MISSING', `no plugin brings the scheduler ${SCHEDULER}`, {
      hint: 'octo plugin list',
    });
  return found;
}
