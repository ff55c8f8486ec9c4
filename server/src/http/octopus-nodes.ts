import { clusterSummaryForm, listOf, octopusNodeForm, pagedOf, type ClusterSummary, type OctopusNode } from '@octo/api';
import { type Node } from '@octo/plane';
import { ConflictError, parse } from '@octo/kernel';
import { spell } from '@octo/api/documents';
import { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Plane } from '../plane.ts';
import { pageOf, type Query } from './collections.ts';
import { notFound } from './errors.ts';
import { isSame, named } from './filters.ts';
import { noted } from './access/audited.ts';
import { nodeResource, setTaskCap } from './octo/nodes.ts';

export const octopusNodeSchema = z.looseObject({ MaxConcurrentTasks: z.int().min(0).max(10_000).optional() });
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
  /** For whoever balances load: this node answers; 418 while it takes no task (R222). */
  app.get(`${PATH}/ping`, async (_request, reply) => {
    const own = ownNode(plane, await servers());
    return reply.status(own.taskCap === 0 ? 418 : 200).send(octopusNodeForm.toWire(octopusNode(own)));
  });
  app.get(`${PATH}/:id/details`, async (request) => {
    const node = nodeAsked(request.params, await servers());
    const { runningTasks } = await nodeResource(plane, node);
    return { RunningTasks: runningTasks, Links: { Self: `${PATH}/${node.id}/details` } };
  });
  app.put(`${PATH}/:id`, async (request) => {
    const node = nodeAsked(request.params, await servers());
    const { MaxConcurrentTasks: taskCap } = await parse(
      octopusNodeSchema,
      spell(octopusNodeSchema, request.body ?? {}),
      'the node',
    );
    if (taskCap !== undefined) await setTaskCap(plane, request, node, taskCap);
    return octopusNodeForm.toWire(octopusNode({ ...node, taskCap: taskCap ?? node.taskCap }));
  });
  /** One that is gone (R224). */
  app.delete(`${PATH}/:id`, async (request) => {
    const node = nodeAsked(request.params, await servers());
    if (!(await plane.liveness.isDead(node.id)))
      throw new ConflictError('OCTO_NODE_ALIVE', `${node.name} is running`, { hint: 'stop it first' });
    const held = await plane.tasks.list({ nodeId: node.id, states: ['Executing', 'Cancelling'], skip: 0, take: 1 });
    if (held.total > 0)
      throw new ConflictError('OCTO_NODE_BUSY', `${node.name} still holds ${held.total} tasks`, {
        hint: 'another node takes them over within minutes; try again then',
      });
    await plane.nodes.remove(node.id);
    const message = `Node ${node.name} was removed`;
    const about = { documentType: 'OctopusServerNode', documentIds: [node.id], spaceId: null };
    await plane.events.add(noted(plane, request, { category: 'Deleted', message, ...about }));
    return {};
  });
  app.get(`${PATH}/:id`, async (request) =>
    octopusNodeForm.toWire(octopusNode(nodeAsked(request.params, await servers()))),
  );
}

function nodeAsked(params: unknown, servers: readonly Node[]): Node {
  const { id } = params as { id: string };
  const node = servers.find((it) => isSame(it.id, id));
  if (!node) throw notFound(id);
  return node;
}

function ownNode(plane: Plane, servers: readonly Node[]): Node {
  const own = servers.find((n) => n.id === plane.host.nodeId);
  if (!own) throw notFound(plane.host.nodeId);
  return own;
}

function octopusNode({ id, name, taskCap }: Node): OctopusNode {
  return {
    id,
    name,
    maxConcurrentTasks: taskCap,
    isInMaintenanceMode: false,
    links: { Self: `${PATH}/${id}`, Details: `${PATH}/${id}/details`, Node: `${PATH}/${id}` },
  };
}

async function summaryOf(plane: Plane, node: Node): Promise<ClusterSummary['nodes'][number]> {
  const { lastSeen, isAlive, runningTasks } = await nodeResource(plane, node);
  return { ...octopusNode(node), lastSeen, isOffline: !isAlive, runningTaskCount: runningTasks };
}
