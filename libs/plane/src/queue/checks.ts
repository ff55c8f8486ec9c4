/** Types of tasks that nobody deploys by. */
export const CHECKS: readonly string[] = ['Health', 'Upgrade'];
const SHARE = 0.2;

/** So many tasks of a node may be checks, that deployments are never kept waiting for all of them (R93). */
export function mostChecks(cap: number): number {
  return Math.max(1, Math.floor(cap * SHARE));
}
