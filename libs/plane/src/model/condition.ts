import { type Worker, isEligible } from './worker.ts';

/** Kept out because of failures of the place, not of scripts (I21). Times in milliseconds since the epoch. */
export interface Quarantine {
  /** It takes no work until then; 0: it is over. */
  readonly untilMs: number;
  /** How often, lately: the next one is longer. */
  readonly count: number;
  readonly sinceMs: number;
  readonly why: string;
}

/** Since when, and by how much checking, a worker is known to be unavailable (R100, R101). */
export interface Absence {
  /** When a check failed first, in a row. */
  readonly sinceMs: number;
  /** When a check failed last. */
  readonly lastMs: number;
  readonly checks: number;
  /** Time between checks that failed one after the other while servers were up. */
  readonly countedMs: number;
}

export function quarantineOf({ details }: Pick<Worker, 'details'>): Quarantine | undefined {
  return (details['Quarantine'] ?? undefined) as Quarantine | undefined; // nobody but health/quarantine.ts writes it
}
export function absenceOf({ details }: Pick<Worker, 'details'>): Absence | undefined {
  return (details['Absence'] ?? undefined) as Absence | undefined; // nobody but health/keep.ts writes it
}

/** Why a worker takes no work now; undefined: it does. Whether its style is spoken is for others to say (R51, R55). */
export function unfitBecause(
  worker: Pick<Worker, 'isDisabled' | 'health' | 'details'>,
  nowMs: number,
): string | undefined {
  if (worker.isDisabled) return 'disabled';
  if (!isEligible(worker)) return `health ${worker.health}`;
  const quarantine = quarantineOf(worker);
  if (!quarantine || quarantine.untilMs <= nowMs) return undefined;
  return `quarantined until ${new Date(quarantine.untilMs).toISOString().slice(0, 19)}Z: ${quarantine.why}`;
}
