import { type Clock } from '@octo/kernel';
import { ANNOUNCE_AFTER_MS } from '../limits.ts';
import { type ServerTask, type Waiting } from '../model/task.ts';
import { WAITS } from '../model/waits.ts';
import { type Journal, type Signals, type Tasks } from '../ports.ts';
import { CHECKS, mostChecks } from './checks.ts';

export interface QueueExplainer {
  readonly tasks: Tasks;
  readonly journal: Journal;
  readonly signals: Signals;
  readonly clock: Clock;
  readonly nodeId: string;
}
interface NodeLoad {
  readonly cap: number;
  readonly running: number;
  /** Tasks among these that are checks. */
  readonly checks: readonly string[];
}
/** Tasks behind the first ones are explained when they come up: their reason is the same. */
const AT_ONCE = 50;

/** Say in the log and in the task what a queued task waits for, once it has waited for a second (R215, R252). */
export async function explainQueue(
  deps: QueueExplainer,
  node: NodeLoad & { readonly onlyOwn: boolean },
): Promise<void> {
  const queued = await deps.tasks.list({ states: ['Queued'], skip: 0, take: AT_ONCE });
  for (const task of queued.items) {
    const isOurs = task.onlyNodeId === undefined ? !node.onlyOwn : task.onlyNodeId === deps.nodeId;
    if (!isOurs || deps.clock.now() - task.queuedAtMs < ANNOUNCE_AFTER_MS) continue;
    const waiting: Waiting = {
      for: whatFor(task, deps.nodeId, node),
      sinceMs: task.queuedAtMs,
      ...(task.expiresAtMs !== undefined && { untilMs: task.expiresAtMs }),
      whenOver: WAITS.queue.whenOver,
    };
    if (task.waiting?.for === waiting.for) continue;
    await deps.tasks.setWaiting(task.id, waiting);
    const line = {
      activityId: '',
      category: 'Wait' as const,
      atMs: deps.clock.now(),
      text: `Waiting for ${waiting.for}`,
    };
    await deps.journal.appendUnclaimed(task.id, [line]);
    deps.signals.publish(`task:${task.id}`);
  }
}

function whatFor({ name }: ServerTask, nodeId: string, { cap, running, checks }: NodeLoad): string {
  if (cap === 0) return `a node that takes tasks: the task cap of ${nodeId} is 0`;
  const most = mostChecks(cap);
  if (running < cap && CHECKS.includes(name) && checks.length >= most)
    return `the end of ${checks.join(', ')}: of ${cap} tasks at once ${nodeId} runs ${most} that ${most === 1 ? 'is a check' : 'are checks'} at most`;
  return `a free slot: ${nodeId} runs ${running} of at most ${cap} tasks`;
}
