import { ConflictError, type ActivityLog, type Clock, type PoolScheduler } from '@octo/kernel';
import { ANNOUNCE_AFTER_MS, type Limits } from '../limits.ts';
import { type Waiting } from '../model/task.ts';
import { type PlannedAction } from '../planning/plan.ts';
import { type Lease, type Leases, type Registry, type Settings, type Signals, type Workers } from '../ports.ts';
import { BUILT_IN_SWITCH, judgeBuiltIn } from '../workers/built-in.ts';
import { type Leasable, listed, nobodyFits, sortOut, toCandidates } from './candidates.ts';

export interface LeasingDeps {
  readonly leases: Leases;
  readonly workers: Workers;
  readonly settings: Settings;
  readonly registry: Registry;
  readonly signals: Signals;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly nodeId: string;
}
export interface LeaseAsk {
  readonly taskId: string;
  readonly spaceId: string;
  readonly action: PlannedAction;
  readonly log: ActivityLog;
  /** Shows what the task waits for (R252); `null` when it does not wait any more. */
  wait(waiting: Waiting | null): Promise<void>;
}
/** A worker, held for one task. Leaving gives it back. */
export interface HeldWorker extends AsyncDisposable {
  readonly worker: Leasable;
}

/** Name of the scheduler that is used until pools can name their own. */
const SCHEDULER = 'least-leases';

/** Choose a worker of the action's pool and hold it. The log says who was asked and why this one won (R66). */
export async function takeLease(deps: LeasingDeps, ask: LeaseAsk, signal: AbortSignal): Promise<HeldWorker> {
  const sinceMs = deps.clock.now();
  const { pool, poolBecause } = ask.action;
  ask.log.write('verbose', `Worker pool ${pool.name} (${poolBecause})`);
  using news = deps.signals.subscribe('leases');
  for (let announced = false; ;) {
    const { fit, choice, excluded } = await choose(deps, ask);
    if ('take' in choice) {
      if (announced) await ask.wait(null);
      const worker = fit.find((w) => w.id === choice.take);
      if (!worker)
        throw new ConflictError('OCTO_SCHEDULER_STRANGER', `${SCHEDULER} chose ${choice.take}, which is no candidate`);
      if (excluded.length > 0) ask.log.write('verbose', `Not considered: ${listed(excluded)}`);
      ask.log.write('info', `Leased ${worker.name} (${choice.because})`);
      return hold(deps, ask, worker);
    }
    const untilMs = sinceMs + deps.limits.leaseMs;
    if (deps.clock.now() >= untilMs)
      throw new ConflictError('OCTO_LEASE_TIMEOUT', `no worker of ${pool.name} became free: ${choice.wait}`, {
        hint: 'octo worker list',
      });
    if (!announced && deps.clock.now() - sinceMs >= ANNOUNCE_AFTER_MS) {
      announced = true;
      await ask.wait({
        for: `a worker of ${pool.name}: ${choice.wait}`,
        sinceMs,
        untilMs,
        whenOver: 'the action fails',
      });
    }
    await news.next(Math.min(deps.limits.tickMs, untilMs - deps.clock.now()), signal);
  }
}

/** Hold again the worker that a restart finds in the record of an action; nothing is chosen. */
export async function retakeLease(deps: LeasingDeps, ask: LeaseAsk, worker: Leasable): Promise<HeldWorker> {
  ask.log.write('info', `Continues on ${worker.name}, where this action was started`);
  return hold(deps, ask, worker);
}

async function choose(deps: LeasingDeps, ask: LeaseAsk) {
  const { pool } = ask.action;
  const workers = (await deps.workers.list(ask.spaceId)).filter((w) => w.poolIds.includes(pool.id));
  const builtIn = judgeBuiltIn({
    isEnabled: await deps.settings.get(BUILT_IN_SWITCH, true),
    isDefaultPool: pool.isDefault,
    poolName: pool.name,
    workersInPool: workers.length,
  });
  const canSpeak = (style: string) => deps.registry.transport(style) !== undefined;
  const { fit, excluded } = sortOut(workers, builtIn, deps.nodeId, canSpeak);
  if (fit.length === 0) throw nobodyFits(pool, workers, builtIn, excluded);
  const nowMs = deps.clock.now();
  const ids = fit.map((w) => w.id);
  const candidates = toCandidates(fit, await deps.leases.load(ids, nowMs), await deps.leases.list(nowMs));
  return { fit, excluded, choice: scheduler(deps.registry).choose({ nowMs, taskId: ask.taskId }, candidates) };
}

function scheduler(registry: Registry): PoolScheduler {
  const found = registry.scheduler(SCHEDULER);
  if (!found)
    throw new ConflictError('OCTO_SCHEDULER_MISSING', `no plugin brings the scheduler ${SCHEDULER}`, {
      hint: 'octo plugin list',
    });
  return found;
}

async function hold(deps: LeasingDeps, ask: LeaseAsk, worker: Leasable): Promise<HeldWorker> {
  const nowMs = deps.clock.now();
  const lease: Lease = await deps.leases.take({
    workerId: worker.id,
    taskId: ask.taskId,
    spaceId: ask.spaceId,
    nodeId: deps.nodeId,
    takenAtMs: nowMs,
    untilMs: nowMs + deps.limits.claimMs,
    exclusive: false,
  });
  return {
    worker,
    async [Symbol.asyncDispose]() {
      const released = deps.leases.release(lease.id);
      released.then(
        () => deps.signals.publish('leases'),
        () => {}, // it ends by itself when nobody renews it
      );
    },
  };
}
