/** Source: rest.md 1.10. */
export const HEALTH = ['Healthy', 'HasWarnings', 'Unhealthy', 'Unavailable', 'Unknown'] as const;
export type HealthStatus = (typeof HEALTH)[number];

/** A machine registered to run actions; belongs to at least one pool of its space. */
export interface Worker {
  /** `Workers-7`. */
  readonly id: string;
  readonly spaceId: string;
  readonly name: string;
  readonly slug: string;
  readonly poolIds: readonly string[];
  readonly machinePolicyId: string;
  readonly isDisabled: boolean;
  readonly health: HealthStatus;
  readonly statusSummary: string;
  /** Communication style; the rest of the endpoint is stored as it came, unknown members too. */
  readonly style: string;
  readonly endpoint: Readonly<Record<string, unknown>>;
  /** What checks have found about the machine, and members that nobody here knows, by their wire names. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface WorkerPool {
  /** `WorkerPools-1`. */
  readonly id: string;
  readonly spaceId: string;
  readonly name: string;
  readonly slug: string;
  readonly description: string;
  readonly isDefault: boolean;
  readonly sortOrder: number;
  /** The rest of the resource, by wire names: `WorkerPoolType`, `WorkerType`, and members that nobody here knows. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Only enabled workers that are healthy, perhaps with warnings, may be leased (R55). */
export function isEligible(worker: Pick<Worker, 'isDisabled' | 'health'>): boolean {
  return !worker.isDisabled && (worker.health === 'Healthy' || worker.health === 'HasWarnings');
}
