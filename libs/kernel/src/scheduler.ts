/** What is asked of a pool. Times are milliseconds since the epoch. */
export interface Ask {
  readonly nowMs: number;
  readonly taskId: string;
  /** The worker that ran this task's actions with the same first package, and how many it has run (R60). */
  readonly affinity?: { readonly workerId: string; readonly actions: number };
  /** Most actions of one task that may share a worker through affinity (R61). Default: no cap. */
  readonly leaseCap?: number;
}

/** A worker that may be leased: in the pool, healthy, enabled. The plane has already filtered. */
export interface Candidate {
  readonly workerId: string;
  readonly name: string;
  readonly activeLeases: number;
  /** Undefined when never leased. */
  readonly lastLeasedAtMs?: number;
  /** True when the action's package is already in this worker's cache. */
  readonly hasPackage: boolean;
}

/** Either a worker and the reason for the log, or a reason to wait. Never a silent nothing. */
export type Choice =
  { readonly take: string; readonly because: string } | { readonly wait: string; readonly untilMs?: number };

/** Chooses; does not lease, log or wait. A pure function, so it is tested with a table (`schedulerContract`). */
export interface PoolScheduler {
  readonly name: string;
  choose(ask: Ask, candidates: readonly Candidate[]): Choice;
}
