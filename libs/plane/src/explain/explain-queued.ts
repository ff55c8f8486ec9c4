import { type ServerTask } from '../model/task.ts';
import { type Node } from '../ports.ts';
import { type ExplainDeps } from './explain-deps.ts';
import { because, type Explanation, waits } from './explanation.ts';

/** Tasks that are named one by one. */
const NAMED = 5;

/** What a queued task waits for: the sentence of its log, each node with its reason, and who is ahead (R208, R215). */
export async function explainQueued(
  deps: ExplainDeps,
  task: ServerTask,
  nowMs: number,
): Promise<readonly (Explanation | undefined)[]> {
  const nodes = await deps.nodes.list();
  const judged = await Promise.all(nodes.map((node) => judge(deps, task, node)));
  return [
    task.waiting && waits(task.waiting, nowMs),
    judged.length === 0
      ? because('queue', 'there is no node: octo server start makes one')
      : because('queue', 'nodes that could take it', judged),
    await ahead(deps, task),
  ];
}

async function judge(deps: ExplainDeps, task: ServerTask, node: Node): Promise<Explanation> {
  const say = (text: string) => because('node', `${node.id}: ${text}`);
  if (await deps.liveness.isDead(node.id)) return say('it is gone');
  if (task.onlyNodeId !== undefined && task.onlyNodeId !== node.id)
    return say(`the task is for ${task.onlyNodeId} alone`);
  if (node.kind === 'in-process' && task.onlyNodeId !== node.id) return say('it takes only tasks of its own');
  if (node.taskCap === 0) return say('its task cap is 0 (octo node set-cap)');
  const running = await deps.tasks.list({ nodeId: node.id, states: ['Executing', 'Cancelling'], skip: 0, take: NAMED });
  if (running.total < node.taskCap) return say(`has room: it runs ${running.total} of at most ${node.taskCap} tasks`);
  const more = running.total > NAMED ? ', …' : '';
  const names = running.items.map((t) => t.id).join(', ');
  return say(`full: it runs ${running.total} of at most ${node.taskCap} tasks (${names}${more})`);
}

async function ahead(deps: ExplainDeps, task: ServerTask): Promise<Explanation | undefined> {
  const queued = await deps.tasks.list({ states: ['Queued'], spaceIds: [task.spaceId], skip: 0, take: 1_000 });
  const rivals = queued.items.filter(
    (t) => t.queuedAtMs <= task.queuedAtMs && t.id !== task.id && t.onlyNodeId === task.onlyNodeId && isBefore(t, task),
  );
  if (rivals.length === 0) return because('queue', 'it is the first in the queue');
  const names = rivals.slice(-NAMED).map((t) => t.id);
  const more = rivals.length > NAMED ? ' and others' : '';
  return because('queue', `${rivals.length} ahead of it in the queue: ${names.reverse().join(', ')}${more}`);
}

/** First in, first out (R209); of two in one moment the smaller number was first. */
function isBefore(a: ServerTask, b: ServerTask): boolean {
  const number = (id: string) => Number(/\d+$/.exec(id)?.[0] ?? 0);
  return a.queuedAtMs < b.queuedAtMs || number(a.id) < number(b.id);
}
