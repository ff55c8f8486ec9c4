import { listOf, nodeForm, taskCapForm, type NodeResource } from '@octo/api';
import { parse } from '@octo/kernel';
import { differences, type Node } from '@octo/plane';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Plane } from '../../plane.ts';
import { noted } from '../access/audited.ts';
import { notFound } from '../errors.ts';
import { isSame } from '../filters.ts';

const list = listOf(nodeForm);
/** 0: the node takes no task (R206). */
export const taskCapSchema = z.object({ taskCap: z.int().min(0).max(10_000) });

/** Every process that opened the plane, with what a person asks about it. */
export function nodeRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/octo/nodes', async () => {
    const nodes = await plane.nodes.list();
    return list.toWire(await Promise.all(nodes.map((node) => nodeResource(plane, node))));
  });
  app.put('/api/octo/nodes/:id', async (request) => {
    const { id } = request.params as { id: string };
    const { taskCap } = await parse(taskCapSchema, taskCapForm.bind(request.body), 'the task cap');
    const node = (await plane.nodes.list()).find((n) => isSame(n.id, id));
    if (!node) throw notFound(id);
    await setTaskCap(plane, request, node, taskCap);
    return nodeForm.toWire(await nodeResource(plane, { ...node, taskCap }));
  });
}

/** Audited (R235); whoever waits in the queue looks again. */
export async function setTaskCap(plane: Plane, request: FastifyRequest, node: Node, taskCap: number): Promise<void> {
  if (!(await plane.nodes.setTaskCap(node.id, taskCap))) throw notFound(node.id);
  const message = `The task cap of node ${node.name} was set to ${taskCap}`;
  const about = { documentType: 'OctopusServerNode', documentIds: [node.id], spaceId: null };
  const changes = differences({ MaxConcurrentTasks: node.taskCap }, { MaxConcurrentTasks: taskCap });
  await plane.events.add(noted(plane, request, { category: 'Modified', message, ...about, differences: changes }));
  plane.logger.info({ room: 'nodes', node: node.id, taskCap }, 'the task cap was set');
  plane.signals.publish('queue'); // there may be room now
}

export async function nodeResource(plane: Plane, node: Node): Promise<NodeResource> {
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
