import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessId, sendSignal } from './process-id.ts';
import { type ProcessTree } from './process-tree.ts';

export interface KillLimits {
  /** Between SIGTERM and SIGKILL. Default 5 s. */
  readonly graceMs: number;
  /** From SIGKILL until what still lives is given up. Default 30 s. */
  readonly killLimitMs: number;
}

/**
 * End a script and everything it started: SIGTERM, grace, SIGKILL, until nothing of it is seen any more. Answers with
 * what was still alive at the end; empty means that the death of all was seen (R153, I5).
 */
export async function killTree(
  tree: ProcessTree,
  limits: KillLimits,
  signal: AbortSignal,
): Promise<readonly ProcessId[]> {
  const left = await press(tree, 'SIGTERM', limits.graceMs, signal);
  return left.length === 0 ? left : press(tree, 'SIGKILL', limits.killLimitMs, signal);
}

/** Signal whatever is there, again and again, for a tree may grow while it dies. */
async function press(
  tree: ProcessTree,
  how: 'SIGTERM' | 'SIGKILL',
  limitMs: number,
  signal: AbortSignal,
): Promise<readonly ProcessId[]> {
  const told = new Set<string>();
  const sinceMs = performance.now();
  for (;;) {
    signal.throwIfAborted();
    if (how === 'SIGKILL') tree.killGroup();
    const alive = await tree.look();
    for (const process of targets(tree, alive, how)) {
      const name = `${process.pid} ${process.startTime}`;
      if (how === 'SIGKILL' || !told.has(name)) sendSignal(process, how); // a handler for SIGTERM is not disturbed twice
      told.add(name);
    }
    const waitedMs = performance.now() - sinceMs;
    if (alive.length === 0 || waitedMs >= limitMs) return alive;
    await sleep(Math.min(waitedMs < 100 ? 10 : 100, limitMs - waitedMs), undefined, { signal });
  }
}

/** The supervisor goes by itself and leaves the exit code; it is only killed when it is all that is left. */
function targets(tree: ProcessTree, alive: readonly ProcessId[], how: 'SIGTERM' | 'SIGKILL'): readonly ProcessId[] {
  const script = alive.filter((p) => !tree.isSupervisor(p));
  return script.length > 0 || how === 'SIGTERM' ? script : alive;
}
