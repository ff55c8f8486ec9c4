/** Types of tasks that nobody deploys by. */
export const CHECKS: readonly string[] = ['Health', 'Upgrade'];
const SHARE = 0.2;
/** From this cap on there is room for one more. */
const ROOMY = 4;

/**
 * So many tasks of a node may be checks, that deployments are never kept waiting for all of them (R93): a fifth, and one
 * more, so that what somebody asks for, or an agent that is back, does not wait behind a round over a thousand workers.
 */
export function mostChecks(cap: number): number {
  return Math.max(1, Math.floor(cap * SHARE)) + (cap >= ROOMY ? 1 : 0);
}
