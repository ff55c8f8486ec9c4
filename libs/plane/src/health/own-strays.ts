import { type ActivityLog, type Logger } from '@octo/kernel';
import { type Liveness } from '../ports.ts';
import { BUILT_IN_NAME, BUILT_IN_STYLE, nodeOfBuiltIn } from '../workers/built-in.ts';
import { lookThere, type StrayDeps } from './strays.ts';

export interface OwnStrayDeps extends StrayDeps {
  readonly liveness: Liveness;
  readonly logger: Logger;
  readonly nodeId: string;
}

/**
 * Built-in workers have no health check: each node looks after its own, and after those of nodes that are gone, whose
 * scripts lie in the same data folder.
 */
export async function lookAfterOwnStrays(deps: OwnStrayDeps, signal: AbortSignal): Promise<void> {
  const strays = Map.groupBy(await deps.strays.list(), (it) => it.workerId);
  for (const [id, some] of strays) {
    const owner = nodeOfBuiltIn(id);
    if (owner === undefined || (owner !== deps.nodeId && !(await deps.liveness.isDead(owner)))) continue;
    const worker = { id, name: BUILT_IN_NAME, style: BUILT_IN_STYLE, endpoint: {} };
    await lookThere(deps, worker, some, toOperators(deps.logger), signal);
  }
}

/** There is no task whose log could tell it. */
function toOperators(logger: Logger): ActivityLog {
  return {
    write: (level, text) => logger[level === 'info' ? 'info' : 'debug']({ room: 'health' }, text), // an end is news
    progress() {},
  };
}
