import { type TaskRoom } from '../queue/room.ts';
import { openingOf } from '../workers/opening.ts';
import { type Round } from './check.ts';

/** At most so often, however often a machine is checked. */
const EVERY_MS = 24 * 3_600_000;
const LIMIT_MS = 300_000;

/** Once a day each machine that answers deletes what lies about there for longer than its policy says (R180). */
export async function cleanMachines(room: TaskRoom, round: readonly Round[], signal: AbortSignal): Promise<void> {
  for (const { worker, policy, found } of round) {
    const lastMs = Number(worker.details['CleanedAtMs'] ?? 0);
    const nowMs = room.clock.now();
    if (!found.capabilities || policy.keepDays === undefined || nowMs - lastMs < EVERY_MS) continue;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
    try {
      const log = room.scribe.log('');
      const opening = await openingOf(room.documents, worker, log);
      await using session = await room.registry.transport(worker.style)?.open(opening, limit);
      const cleaned = await session?.clean?.(policy.keepDays, limit);
      if (cleaned && cleaned.removed > 0)
        log.write(
          'verbose',
          `${worker.name}: deleted ${cleaned.removed} files and folders older than ${policy.keepDays} days`,
        );
      await room.workers.setHealth(worker.id, { details: { CleanedAtMs: nowMs } }, () => undefined);
    } catch (error) {
      signal.throwIfAborted();
      room.scribe.line('', 'Verbose', `${worker.name} could not be cleaned: ${String(error)}`); // tomorrow is another day
    }
  }
}
