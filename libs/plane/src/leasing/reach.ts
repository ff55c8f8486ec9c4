import { type Connections, type Registry } from '../ports.ts';
import { type Leasable } from './candidates.ts';

/**
 * From where a worker can be reached now. `here`: by this node, also every worker that all nodes reach; `elsewhere`: it
 * called other nodes, and not this one; `nowhere`: it is waited for until it calls.
 */
export type Reach =
  { readonly from: 'here' | 'nowhere' } | { readonly from: 'elsewhere'; readonly nodeIds: readonly string[] };

export interface ReachDeps {
  readonly registry: Registry;
  readonly connections: Connections;
  readonly nodeId: string;
  /** No server runs in this process: nobody can call it, so that nobody is waited for (house.md 6.3). */
  readonly onlyOwn: boolean;
}

const HERE: Reach = { from: 'here' };

export async function reachOf(
  { registry, connections, nodeId }: ReachDeps,
  workers: readonly Pick<Leasable, 'id' | 'style'>[],
): Promise<ReadonlyMap<string, Reach>> {
  const callers = workers.filter(({ style }) => registry.transport(style)?.reach === 'where-connected');
  const found = new Map<string, Reach>(workers.map(({ id }) => [id, HERE]));
  if (callers.length === 0) return found;
  const nodes = Map.groupBy(await connections.of(callers.map(({ id }) => id)), (it) => it.workerId);
  for (const { id } of callers) {
    const nodeIds = (nodes.get(id) ?? []).map((it) => it.nodeId);
    if (nodeIds.length === 0) found.set(id, { from: 'nowhere' });
    else if (!nodeIds.includes(nodeId)) found.set(id, { from: 'elsewhere', nodeIds });
  }
  return found;
}

/** Nobody calls a process that serves nothing. */
export function isOutOfReach({ onlyOwn }: Pick<ReachDeps, 'onlyOwn'>, reach: Reach | undefined): boolean {
  return onlyOwn && reach?.from === 'nowhere';
}
export const NEEDS_SERVER = 'it calls a server, and is connected to none';

/** For people: why a worker comes after others. */
export function reachWords(reach: Reach | undefined): string {
  if (reach?.from === 'elsewhere') return `connected to ${reach.nodeIds.join(', ')}`;
  return reach?.from === 'nowhere' ? 'not connected' : 'connected';
}
