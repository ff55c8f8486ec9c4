import { builtInWorkerForm, listOf, type BuiltInWorkerResource } from '@octo/api';
import {
  BUILT_IN_NAME,
  BUILT_IN_SWITCH,
  builtInId,
  judgeBuiltIn,
  type Node,
  nodeOfBuiltIn,
  type Stray,
} from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../../plane.ts';
import { spaceId } from '../scope.ts';
import { strayResource } from './stray-resource.ts';

const list = listOf(builtInWorkerForm);

/** One for each living node (R19), and whether and why it would be used now (R14–R16). */
export function builtInWorkerRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/octo/builtin-workers', async () => list.toWire(await builtInWorkers(plane)));
}

async function builtInWorkers(plane: Plane): Promise<readonly BuiltInWorkerResource[]> {
  const isEnabled = await plane.settings.get(BUILT_IN_SWITCH, true);
  const { serves, because } = await judge(plane, isEnabled);
  const nodes = await livingNodes(plane);
  const ids = nodes.map((node) => builtInId(node.id));
  const load = await plane.leases.load(ids, plane.clock.now());
  const strays = await builtInStrays(plane, nodes);
  return nodes.map(({ id, kind }) => ({
    id: builtInId(id),
    name: BUILT_IN_NAME,
    nodeId: id,
    nodeKind: kind,
    isEnabled,
    isUsed: serves,
    because,
    activeLeases: load.get(builtInId(id))?.active ?? 0,
    strays: (strays.get(builtInId(id)) ?? []).map(strayResource),
  }));
}

/** By built-in worker; this node answers for those of nodes that are gone, for it looks after them. */
export async function builtInStrays(
  plane: Plane,
  living?: readonly Pick<Node, 'id'>[],
): Promise<ReadonlyMap<string, readonly Stray[]>> {
  const all = (await plane.strays.list()).filter((it) => nodeOfBuiltIn(it.workerId) !== undefined);
  if (all.length === 0) return new Map();
  const ids = (living ?? (await livingNodes(plane))).map((node) => builtInId(node.id));
  return Map.groupBy(all, (it) => (ids.includes(it.workerId) ? it.workerId : builtInId(plane.host.nodeId)));
}

async function judge(plane: Plane, isEnabled: boolean) {
  const space = await spaceId(plane);
  const pool = (await plane.pools.list(space)).find((p) => p.isDefault);
  const inPool = (await plane.workers.list(space)).filter((w) => pool && w.poolIds.includes(pool.id));
  const poolName = pool?.name ?? 'no pool';
  return judgeBuiltIn({ isEnabled, isDefaultPool: pool !== undefined, poolName, workersInPool: inPool.length });
}

/** Where none lives, the one that this process would be. */
async function livingNodes(plane: Plane): Promise<readonly Pick<Node, 'id' | 'kind'>[]> {
  const own = { id: plane.host.nodeId, kind: plane.kind };
  const living: Pick<Node, 'id' | 'kind'>[] = [];
  for (const node of await plane.nodes.list()) {
    if (node.id === own.id || !(await plane.liveness.isDead(node.id))) living.push(node);
  }
  return living.length === 0 ? [own] : living;
}
