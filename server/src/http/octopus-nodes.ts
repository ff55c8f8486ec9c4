import { clusterSummaryForm, listOf, octopusNodeForm, pagedOf, type ClusterSummary, type OctopusNode } from '@octo/api';
import { type Node } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';
import { pageOf, type Query } from './collections.ts';
import { notFound } from './errors.ts';
import { isSame, named } from './filters.ts';
import { nodeResource } from './octo/nodes.ts';

const PATH = '/api/octopusservernodes';
const [list, page] = [listOf(octopusNodeForm), pagedOf(octopusNodeForm)];

/** The servers among the nodes, in Octopus's form (rest.md 2.2). */
export function octopusNodeRoutes(app: FastifyInstance, plane: Plane): void {
  const servers = async (query: Query = {}) =>
    (await plane.nodes.list()).filter((n) => n.kind === 'server').filter(named(query));
  app.get(PATH, async (request) => {
    const query = request.query as Query;
    const all = (await servers(query)).map(octopusNode);
    return page.toWire(pageOf({ itemType: 'OctopusServerNode', path: PATH, query }, all));
  });
  app.get(`${PATH}/all`, async (request) => list.toWire((await servers(request.query as Query)).map(octopusNode)));
  app.get(`${PATH}/summary`, async () =>
    clusterSummaryForm.toWire({
      nodes: await Promise.all((await servers()).map((node) => summaryOf(plane, node))),
      links: { Self: `${PATH}/summary` },
    }),
  );
  /** For whoever balances load: this node answers. */
  app.get(`${PATH}/ping`, async () => octopusNodeForm.toWire(octopusNode(ownNode(plane, await servers()))));
  app.get(`${PATH}/:id`, async (request) => {
    const { id } = request.params as { id: string };
    const node = (await servers()).find((n) => isSame(n.id, id));
    if (!node) throw notFound(id);
    return octopusNodeForm.toWire(octopusNode(node));
  });
}

function ownNode(plane: Plane, servers: readonly Node[]): Node {
  const own = servers.find((n) => n.id === plane.host.nodeId);
  if (!own) throw notFound(plane.host.nodeId);
  return own;
}

function octopusNode({ id, name, taskCap }: Node): OctopusNode {
  return { id, name, maxConcurrentTasks: taskCap, isInMaintenanceMode: false, links: { Self: `${PATH}/${id}` } };
}

async function summaryOf(plane: Plane, node: Node): Promise<ClusterSummary['nodes'][number]> {
  const { lastSeen, isAlive, runningTasks } = await nodeResource(plane, node);
  return { ...octopusNode(node), lastSeen, isOffline: !isAlive, runningTaskCount: runningTasks };
}
