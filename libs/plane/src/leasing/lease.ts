import { type ActivityLog, type Clock, ConflictError } from '@octo/kernel';
import { ANNOUNCE_AFTER_MS, type Limits } from '../limits.ts';
import { straysWarning } from '../model/stray.ts';
import { type Waiting } from '../model/task.ts';
import { WAITS } from '../model/waits.ts';
import { type PlannedAction } from '../planning/plan.ts';
import {
  type Connections,
  type Lease,
  type Leases,
  type Liveness,
  type Registry,
  type Settings,
  type Signals,
  type Tasks,
  type Workers,
} from '../ports.ts';
import { type Strays } from '../ports-strays.ts';
import { TaskStop } from '../stop-reasons.ts';
import { type Leasable, listed } from './candidates.ts';
import { type Reach, reachOf } from './reach.ts';
import { SCHEDULER, survey } from './survey.ts';

export interface LeasingDeps {
  readonly leases: Leases;
  readonly workers: Workers;
  readonly tasks: Tasks;
  readonly settings: Settings;
  readonly registry: Registry;
  readonly connections: Connections;
  readonly strays: Strays;
  readonly liveness: Liveness;
  readonly signals: Signals;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly nodeId: string;
  readonly onlyOwn: boolean;
}
export interface LeaseAsk {
  readonly taskId: string;
  /** Fence of its claim: how often it has changed hands. */
  readonly fence: number;
  readonly spaceId: string;
  readonly action: PlannedAction;
  /** Not these: they were tried, and nothing can have reached them (R63). */
  readonly without?: readonly string[];
  readonly log: ActivityLog;
  /** Shows what the task waits for (R252); `null` when it does not wait any more. */
  wait(waiting: Waiting | null): Promise<void>;
}
/** A worker, held for one task. Leaving gives it back. */
export interface HeldWorker extends AsyncDisposable {
  readonly worker: Leasable;
}

/** Choose a worker of the action's pool and hold it. The log says who was asked and why this one won (R66). */
export async function takeLease(deps: LeasingDeps, ask: LeaseAsk, signal: AbortSignal): Promise<HeldWorker> {
  const sinceMs = deps.clock.now();
  const { pool, poolBecause } = ask.action;
  ask.log.write('verbose', `Worker pool ${pool.name} (${poolBecause})`);
  using news = deps.signals.subscribe('leases');
  for (let announced = false; ;) {
    const { fit, choice, excluded, reach, strays } = await choose(deps, ask);
    if ('take' in choice) {
      if (announced) await ask.wait(null);
      const worker = fit.find((w) => w.id === choice.take);
      if (!worker)
        throw new ConflictError('OCTO_SCHEDULER_STRANGER', `${SCHEDULER} chose ${choice.take}, which is no candidate`);
      if (excluded.length > 0) ask.log.write('verbose', `Not considered: ${listed(excluded)}`);
      await handOver(deps, ask, worker, reach.get(worker.id));
      ask.log.write('info', `Leased ${worker.name} (${choice.because})`);
      const warning = straysWarning(strays.get(worker.id) ?? []);
      if (warning !== undefined) ask.log.write('warning', `${worker.name} ${warning}`);
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
        whenOver: WAITS.lease.whenOver,
      });
    }
    await news.next(Math.min(deps.limits.tickMs, untilMs - deps.clock.now()), signal);
  }
}

/** Hold again the worker that a restart finds in the record of an action; nothing is chosen. */
export async function retakeLease(deps: LeasingDeps, ask: LeaseAsk, worker: Leasable): Promise<HeldWorker> {
  await handOver(deps, ask, worker, (await reachOf(deps, [worker])).get(worker.id));
  ask.log.write('info', `Continues on ${worker.name}, where this action was started`);
  return hold(deps, ask, worker);
}

/** A task that has changed hands so often stays where it is: its worker may be changing nodes as often. */
const MOST_HANDS = 10;

/** A worker that called another node is reached by that one alone: the task goes there. */
async function handOver(deps: LeasingDeps, ask: LeaseAsk, worker: Leasable, reach: Reach | undefined): Promise<void> {
  if (reach?.from !== 'elsewhere' || ask.fence >= MOST_HANDS) return;
  for (const nodeId of reach.nodeIds) {
    if (await deps.liveness.isDead(nodeId)) continue; // its connections are released soon
    ask.log.write('info', `${worker.name} is connected to ${nodeId}, which goes on with this task`);
    throw TaskStop.handedOver(nodeId);
  }
}

/** Asks, and refuses where nobody can ever take it. */
async function choose(deps: LeasingDeps, ask: LeaseAsk) {
  const { refusal, choice, ...rest } = await survey(deps, {
    taskId: ask.taskId,
    spaceId: ask.spaceId,
    pool: ask.action.pool,
    without: ask.without ?? [],
    ...(ask.action.workerId !== undefined && { workerId: ask.action.workerId }),
  });
  if (refusal) throw refusal;
  return { ...rest, choice };
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
