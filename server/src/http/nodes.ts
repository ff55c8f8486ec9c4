import { bindNames, toWire, type NodeResource } from '@octo/api';
import { parse } from '@octo/kernel';
import { type Node } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Plane } from '../plane.ts';
import { paged } from './collections.ts';
import { notFound } from './errors.ts';

const capBody = z.object({ taskCap: z.int().min(0).max(10_000) });

/** Nodes in Octopus's form (rest.md 2.2), and in ours with what the command line shows. */
export function nodeRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/octopusservernodes', async () => {
    const items = (await servers(plane)).map(octopusNode);
    return paged('OctopusServerNode', '/api/octopusservernodes', items, { skip: 0, take: 30, total: items.length });
  });
  app.get('/api/octopusservernodes/summary', async () => {
    const nodes = await Promise.all((await servers(plane)).map((n) => nodeResource(plane, n)));
    return toWire({
      nodes: nodes.map(summary),
      links: { Self: '/api/octopusservernodes/summary' },
    });
  });

  app.get('/api/octo/nodes', async () => {
    return toWire(await Promise.all((await plane.nodes.list()).map((n) => nodeResource(plane, n))));
  });
  app.put('/api/octo/nodes/:id', async (request) => {
    const { id } = request.params as { id: string };
    const { taskCap } = await parse(capBody, bindNames(request.body, ['taskCap']), 'the body');
    if (!(await plane.nodes.setTaskCap(id, taskCap))) throw notFound(id);
    plane.signals.publish('queue');
    const node = await plane.nodes.get(id);
    if (!node) throw notFound(id);
    return toWire(await nodeResource(plane, node));
  });
}

async function servers(plane: Plane): Promise<readonly Node[]> {
  return (await plane.nodes.list()).filter((n) => n.kind === 'server');
}

function summary(node: NodeResource): object {
  return {
    id: node.id,
    name: node.name,
    maxConcurrentTasks: node.taskCap,
    isInMaintenanceMode: false,
    lastSeen: node.lastSeen,
    isOffline: !node.isAlive,
    runningTaskCount: node.runningTasks,
    links: {},
  };
}

function octopusNode(node: Node): object {
  return {
    id: node.id,
    name: node.name,
    maxConcurrentTasks: node.taskCap,
    isInMaintenanceMode: false,
    links: { Self: `/api/octopusservernodes/${node.id}` },
  };
}

async function nodeResource(plane: Plane, node: Node): Promise<NodeResource> {
  const running = await plane.tasks.list({ nodeId: node.id, states: ['Executing', 'Cancelling'], skip: 0, take: 1 });
  return {
    id: node.id,
    name: node.name,
    kind: node.kind,
    taskCap: node.taskCap,
    runningTasks: running.total,
    lastSeen: new Date(node.lastSeenMs).toISOString(),
    isAlive: !(await plane.liveness.isDead(node.id)),
  };
}
