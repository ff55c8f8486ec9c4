import { type Candidate, type Choice, type Clock, ConflictError, type PoolScheduler } from '@octo/kernel';
import { type Worker, type WorkerPool } from '../model/worker.ts';
import { type Lease, type Leases, type Registry, type Settings, type Workers } from '../ports.ts';
import { BUILT_IN_SWITCH, judgeBuiltIn } from '../workers/built-in.ts';
import { type Excluded, type Leasable, nobodyFits, sortOut, toCandidates } from './candidates.ts';

/** Name of the scheduler that is used until pools can name their own. */
export const SCHEDULER = 'least-leases';

export interface SurveyDeps {
  readonly leases: Leases;
  readonly workers: Workers;
  readonly settings: Settings;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly nodeId: string;
}
export interface SurveyAsk {
  readonly taskId: string;
  readonly spaceId: string;
  readonly pool: WorkerPool;
  /** Only this one may be taken. */
  readonly workerId?: string;
}
/** Who could take an action now, who could not and why, and what the scheduler makes of it. Changes nothing. */
export type Survey = {
  readonly fit: readonly Leasable[];
  readonly excluded: readonly Excluded[];
  readonly candidates: readonly Candidate[];
  /** Good leases of the fit ones. */
  readonly leases: readonly Lease[];
} & (
  | { readonly refusal: ConflictError; readonly choice?: undefined }
  | { readonly refusal?: undefined; readonly choice: Choice }
);

export async function survey(deps: SurveyDeps, { taskId, spaceId, pool, workerId }: SurveyAsk): Promise<Survey> {
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
  const { fit, excluded } = sortOut(workers, builtIn, deps.nodeId, canSpeak);
  if (fit.length === 0)
    return { fit, excluded, candidates: [], leases: [], refusal: nobodyFits(pool, workers, builtIn, excluded) };
  const nowMs = deps.clock.now();
  const ids = new Set(fit.map((w) => w.id));
  const leases = (await deps.leases.list(nowMs)).filter((l) => ids.has(l.workerId));
  const candidates = toCandidates(fit, await deps.leases.load([...ids], nowMs), leases);
  const choice = scheduler(deps.registry).choose({ nowMs, taskId }, candidates);
  return { fit, excluded, candidates, leases, choice };
}

const NOBODY = { fit: [], excluded: [], candidates: [], leases: [] };

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
