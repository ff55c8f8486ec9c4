/**
 * Every wait of the plane has its limit here (R252); docs/waits.md lists them with what happens when they are over.
 * All in milliseconds.
 */
export interface Limits {
  /** Time in the queue; then TimedOut. Default one day (R211). */
  readonly queueMs: number;
  /** Waiting for a worker while all are exclusively leased, or new and being checked; then the action fails. Default 10 min (R64). */
  readonly leaseMs: number;
  /** Time a cancelled script gets until its end is confirmed; then the task ends as abandoned. Default 2 min (R156). */
  readonly cancelMs: number;
  /** Telling the machine that a script's workspace may go; then it is left to the machine. Default 1 min. */
  readonly completeMs: number;
  /** One long poll of a script's status. Default 20 s. */
  readonly statusMs: number;
  /** Opening a session. Default 5 min (R119). */
  readonly openMs: number;
  /** Bringing a tool, and Node where it is missing, to a worker. Default 10 min. */
  readonly toolMs: number;
  /** Fetching one artifact. Default 10 min. */
  readonly artifactMs: number;
  /** How long a claim or a lease is good without renewal. Default 30 s (R70). */
  readonly claimMs: number;
  /** Net under the wake-up by event: looking for work, renewing claims, finding cancels of other processes. Default 1 s. */
  readonly tickMs: number;
  /** Looking for dead nodes. Default 5 s. */
  readonly adoptMs: number;
  /** How long a stopping node waits for its tasks to let go. Default 10 s. */
  readonly stopMs: number;
}

export const LIMITS: Limits = {
  queueMs: 24 * 3_600_000,
  leaseMs: 600_000,
  cancelMs: 120_000,
  completeMs: 60_000,
  statusMs: 20_000,
  openMs: 300_000,
  toolMs: 600_000,
  artifactMs: 600_000,
  claimMs: 30_000,
  tickMs: 1_000,
  adoptMs: 5_000,
  stopMs: 10_000,
};

/** Setting: artifacts are kept for so many days; 0 = for ever. */
export const ARTIFACT_DAYS = 'artifacts.keepDays';
export const ARTIFACT_DAYS_DEFAULT = 30;

/** Waits shorter than this are not announced (R252). */
export const ANNOUNCE_AFTER_MS = 1_000;
