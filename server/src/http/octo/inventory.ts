import { bindNames, toWire, type BuiltInWorkerResource, type PluginResource } from '@octo/api';
import { parse } from '@octo/kernel';
import { BUILT_IN_NAME, BUILT_IN_SWITCH, builtInId, judgeBuiltIn } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Plane } from '../../plane.ts';
import { spaceId } from '../scope.ts';

const settingsBody = z.object({ isBuiltInWorkerEnabled: z.boolean() });

/** What an installation has beside its resources: built-in workers, plugins, settings. */
export function inventoryRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/octo/builtin-workers', async () => toWire(await builtInWorkers(plane)));
  app.get('/api/octo/plugins', async () => toWire(plugins(plane)));
  const settings = async () => ({ isBuiltInWorkerEnabled: await plane.settings.get(BUILT_IN_SWITCH, true) });
  app.get('/api/octo/settings', async () => toWire(await settings()));
  app.put('/api/octo/settings', async (request) => {
    const names = Object.keys(settingsBody.shape);
    const { isBuiltInWorkerEnabled } = await parse(settingsBody, bindNames(request.body, names), 'the body');
    await plane.settings.set(BUILT_IN_SWITCH, isBuiltInWorkerEnabled);
    plane.logger.info({ room: 'settings', isBuiltInWorkerEnabled }, 'the switch of the built-in worker was set');
    return toWire(await settings());
  });
}

/** One for each living node (R19); where none lives, the one that this process would be. */
async function builtInWorkers(plane: Plane): Promise<readonly BuiltInWorkerResource[]> {
  const space = await spaceId(plane);
  const pool = (await plane.pools.list(space)).find((p) => p.isDefault);
  const inPool = (await plane.workers.list(space)).filter((w) => pool && w.poolIds.includes(pool.id));
  const isEnabled = await plane.settings.get(BUILT_IN_SWITCH, true);
  const verdict = judgeBuiltIn({
    isEnabled,
    isDefaultPool: pool !== undefined,
    poolName: pool?.name ?? 'no pool',
    workersInPool: inPool.length,
  });
  const nodes: BuiltInWorkerResource[] = [];
  const known = (await plane.nodes.list()).map((n) => ({ id: n.id, kind: n.kind }));
  const own = { id: plane.host.nodeId, kind: plane.kind };
  for (const node of known.length === 0 ? [own] : known) {
    if (node.id !== own.id && (await plane.liveness.isDead(node.id))) continue;
    const load = await plane.leases.load([builtInId(node.id)], plane.clock.now());
    nodes.push({
      id: builtInId(node.id),
      name: BUILT_IN_NAME,
      nodeId: node.id,
      nodeKind: node.kind,
      isEnabled,
      isUsed: verdict.serves,
      because: verdict.because,
      activeLeases: load.get(builtInId(node.id))?.active ?? 0,
    });
  }
  return nodes;
}

function plugins(plane: Plane): readonly PluginResource[] {
  const loaded = plane.plugins.map(({ plugin, version, root }) => ({
    name: plugin.name,
    version,
    root,
    contract: plugin.contract,
    refused: null,
    brings: [
      ...(plugin.steps ?? []).map((s) => `step ${s.type}`),
      ...(plugin.transports ?? []).map((t) => `transport ${t.style}`),
      ...(plugin.schedulers ?? []).map((s) => `scheduler ${s.name}`),
      ...(plugin.services ?? []).map((s) => `service ${s.token.id}`),
    ],
  }));
  const refused = plane.refused.map(({ name, root, error }) => ({
    name,
    version: '',
    root,
    contract: 0,
    brings: [],
    refused: { code: error.code, message: error.message, hint: error.hint ?? null },
  }));
  return [...loaded, ...refused];
}
