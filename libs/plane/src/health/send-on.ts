import { reachOf } from '../leasing/reach.ts';
import { type Worker } from '../model/worker.ts';
import { enqueue } from '../queue/enqueue.ts';
import { type TaskRoom } from '../queue/room.ts';

/**
 * Workers that called other nodes are asked by those: each of these nodes gets a check of its own. Answers with the
 * others, in their order.
 */
export async function sendOn(
  room: TaskRoom,
  spaceId: string,
  workerIds: readonly string[],
): Promise<readonly string[]> {
  const workers = (await Promise.all(workerIds.map((id) => room.workers.get(id)))).filter((it) => it !== undefined);
  const byNode = new Map<string, Worker[]>();
  const reach = await reachOf(room, workers);
  for (const worker of workers) {
    const from = reach.get(worker.id);
    if (from?.from !== 'elsewhere') continue;
    const nodeId = await livingOf(room, from.nodeIds);
    if (nodeId !== undefined) byNode.set(nodeId, [...(byNode.get(nodeId) ?? []), worker]);
  }
  for (const [nodeId, some] of byNode) {
    const names = some.map((it) => it.name).join(', ');
    const description = `Check ${names}, connected to ${nodeId}`.slice(0, 1_000);
    const health = { workerIds: some.map((it) => it.id), isSentOn: true };
    const task = await enqueue(
      room,
      spaceId,
      { name: 'Health', description, actions: [], variables: [], health },
      nodeId,
    );
    room.scribe.line('', 'Info', `${names}: connected to ${nodeId}, where ${task.id} checks`);
  }
  const gone = new Set([...byNode.values()].flat().map((it) => it.id));
  return workerIds.filter((id) => !gone.has(id));
}

async function livingOf({ liveness }: TaskRoom, nodeIds: readonly string[]): Promise<string | undefined> {
  for (const nodeId of nodeIds) if (!(await liveness.isDead(nodeId))) return nodeId;
  return undefined;
}
