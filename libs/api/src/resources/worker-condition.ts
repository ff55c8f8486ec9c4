import { type StrayResource, strayShape } from './stray.ts';
import { wireForm } from '../wire-form.ts';
import { anyMap, each, instant, int, nullable, str } from '../wire-shape.ts';

/** What a worker is fit for now, and what is known of its machine: beside the resource that official clients know. */
export interface WorkerCondition {
  readonly id: string;
  /** Why it takes no work now; null: it does. */
  readonly unfitBecause: string | null;
  /** Tasks that hold it now. */
  readonly activeLeases: number;
  readonly agentVersion: string | null;
  /** When it was heard of last: by a check that it answered, or by its own connection. */
  readonly lastSeen: string | null;
  readonly lastChecked: string | null;
  /** Until when it is kept out because of failures of the machine, and since when it has been unavailable. */
  readonly quarantinedUntil: string | null;
  readonly unavailableSince: string | null;
  /** What may still run there though its task is over. */
  readonly strays: readonly StrayResource[];
  /** As checks have found them: system, shell, disk, `tools` with versions (I7). */
  readonly capabilities: Readonly<Record<string, unknown>>;
}
export const workerConditionForm = wireForm<WorkerCondition>({
  id: str,
  ...each(nullable(str), 'unfitBecause', 'agentVersion'),
  activeLeases: int,
  ...each(nullable(instant), 'lastSeen', 'lastChecked', 'quarantinedUntil', 'unavailableSince'),
  strays: strayShape,
  capabilities: anyMap,
});
