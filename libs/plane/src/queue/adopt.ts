import { type Clock, type Logger } from '@octo/kernel';
import { type Limits } from '../limits.ts';
import { type Claim, type ServerTask } from '../model/task.ts';
import {
  type Connections,
  type Journal,
  type Leases,
  type Liveness,
  type Nodes,
  type Signals,
  type Tasks,
} from '../ports.ts';

export interface Adoption {
  readonly tasks: Tasks;
  readonly journal: Journal;
  readonly leases: Leases;
  readonly connections: Connections;
  readonly nodes: Nodes;
  readonly liveness: Liveness;
  readonly signals: Signals;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly nodeId: string;
}

/**
 * Take over what dead nodes held, and what this very node held before its restart: running tasks are observed again
 * under a higher fence (`self` only at the node's start: later they are its own living work); queued tasks of a dead in-process plane are Canceled, for nobody else may take them (house.md 6.3).
 */
export async function adoptTheDead(
  deps: Adoption,
  self: 'too' | 'not',
): Promise<readonly { readonly task: ServerTask; readonly claim: Claim }[]> {
  const adopted: { task: ServerTask; claim: Claim }[] = [];
  // itself first: what it takes over from others afterwards must not be taken over from itself once more
  const nodes = (await deps.nodes.list()).toSorted(
    (a, b) => Number(b.id === deps.nodeId) - Number(a.id === deps.nodeId),
  );
  for (const node of nodes) {
    const isSelf = node.id === deps.nodeId;
    if (isSelf ? self === 'not' : !(await deps.liveness.isDead(node.id))) continue;
    const nowMs = deps.clock.now();
    if (!isSelf) await settleQueue(deps, node.id, nowMs);
    if (!isSelf) await deps.leases.releaseOfNode(node.id);
    await deps.connections.releaseOfNode(node.id); // its own, too: nobody has called it yet
    const taken = await deps.tasks.adopt(node.id, deps.nodeId, { nowMs, untilMs: nowMs + deps.limits.claimMs });
    if (!isSelf) await deps.nodes.remove(node.id);
    for (const { task } of taken)
      deps.logger.info({ room: 'queue', taskId: task.id, from: node.id }, 'took over a task of a node that is gone');
    adopted.push(...taken);
  }
  return adopted;
}

async function settleQueue(deps: Adoption, nodeId: string, nowMs: number): Promise<void> {
  const change = { errorCode: 'OCTO_NODE_GONE', errorMessage: 'the process that queued the task is gone' };
  for (const task of await deps.tasks.endQueued({ onlyNodeId: nodeId }, 'Canceled', change, nowMs)) {
    const text = `Cancelled before it started: ${change.errorMessage}; nothing has run`;
    await deps.journal.appendUnclaimed(task.id, [{ activityId: '', category: 'Warning', atMs: nowMs, text }]);
    deps.signals.publish(`task:${task.id}`);
  }
}
