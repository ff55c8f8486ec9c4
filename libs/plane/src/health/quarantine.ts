import { type Clock, OctoError } from '@octo/kernel';
import { type Quarantine, quarantineOf } from '../model/condition.ts';
import { SYSTEM_ACTOR } from '../model/event.ts';
import { type Workers, type Signals } from '../ports.ts';
import { type Events } from '../ports-administration.ts';

export interface QuarantineDeps {
  readonly workers: Workers;
  readonly events: Events;
  readonly signals: Signals;
  readonly clock: Clock;
}

/** So many failures in a row … */
const FAILURES = 3;
/** … within this time … */
const WINDOW_MS = 600_000;
/** … keep a worker out for so long, and each time three times as long, if it comes again within a day. */
const FIRST_MS = 300_000;
const MOST_MS = 4 * 3_600_000;
const FORGET_MS = 24 * 3_600_000;

/**
 * A place that fails again and again takes no more work: with the fewest leases it would attract all of it (I21, R105).
 * Each node counts what it has seen itself.
 */
export class PlaceFailures {
  readonly #deps: QuarantineDeps;
  readonly #failures = new Map<string, readonly number[]>();

  constructor(deps: QuarantineDeps) {
    this.#deps = deps;
  }

  /** A script has run there, whatever it came to. */
  worked(workerId: string): void {
    this.#failures.delete(workerId);
  }

  /** True when the worker was kept out because of this one: it wants to be checked at once. */
  async failed(workerId: string, why: string): Promise<boolean> {
    const nowMs = this.#deps.clock.now();
    const recent = [...(this.#failures.get(workerId) ?? []), nowMs].filter((atMs) => nowMs - atMs < WINDOW_MS);
    this.#failures.set(workerId, recent);
    if (recent.length < FAILURES) return false;
    this.#failures.delete(workerId);
    return this.#keepOut(workerId, why, nowMs);
  }

  async #keepOut(workerId: string, why: string, nowMs: number): Promise<boolean> {
    const { workers, events, signals } = this.#deps;
    const worker = await workers.get(workerId);
    if (!worker) return false; // the built-in worker, or one that is gone
    const before = quarantineOf(worker);
    const isRecent = before !== undefined && nowMs - before.sinceMs < FORGET_MS;
    const count = isRecent ? before.count + 1 : 1;
    const untilMs = nowMs + Math.min(FIRST_MS * 3 ** (count - 1), MOST_MS);
    const Quarantine: Quarantine = { untilMs, count, sinceMs: nowMs, why: `${FAILURES} failures of the machine in a row, the last: ${why}` }; // prettier-ignore
    await workers.setHealth(workerId, { details: { Quarantine } }, () => undefined);
    await events.add({
      spaceId: worker.spaceId,
      category: 'MachineQuarantined',
      actor: SYSTEM_ACTOR,
      atMs: nowMs,
      message: `Worker ${worker.name} takes no work until ${new Date(untilMs).toISOString()}: ${Quarantine.why}`,
      documentType: 'Worker',
      documentIds: [worker.id],
      differences: [],
    });
    signals.publish('leases');
    return true;
  }
}

/** Codes of failures that another machine would not have had. */
const OF_PLACE = new Set(['OCTO_TOOL_NO_NODE', 'OCTO_SSH_KEY', 'OCTO_SSH_ACCOUNT', 'OCTO_SSH_AGENT']);

/** Whether a failure is of the machine or the way to it, and not of the script (I21). */
export function isOfPlace(error: unknown): error is OctoError {
  return OctoError.is(error) && (error.kind === 'TransportError' || OF_PLACE.has(error.code));
}
