import { setTimeout as sleep } from 'node:timers/promises';
import { findTree, isAlive, type ProcessId, sendSignal } from './process-tree.ts';

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
  ticket: string,
  supervisor: ProcessId,
  limits: KillLimits,
): Promise<readonly ProcessId[]> {
  const left = await press(ticket, supervisor, 'SIGTERM', limits.graceMs);
  return left.length === 0 ? left : press(ticket, supervisor, 'SIGKILL', limits.killLimitMs);
}

/** Signal whatever is there, again and again, for a tree may grow while it dies. The supervisor goes last, by itself. */
async function press(
  ticket: string,
  supervisor: ProcessId,
  signal: 'SIGTERM' | 'SIGKILL',
  limitMs: number,
): Promise<readonly ProcessId[]> {
  const told = new Set<string>();
  for (let waitedMs = 0; ;) {
    const tree = (await findTree(ticket, supervisor.pid)).filter(isAlive);
    const script = tree.filter((p) => p.pid !== supervisor.pid);
    const targets = script.length > 0 ? script : signal === 'SIGKILL' ? tree : [];
    for (const process of targets) {
      const name = `${process.pid} ${process.startTime}`;
      if (signal === 'SIGKILL' || !told.has(name)) sendSignal(process, signal);
      told.add(name);
    }
    if (tree.length === 0 || waitedMs >= limitMs) return tree;
    const pauseMs = Math.min(waitedMs < 100 ? 10 : 100, limitMs - waitedMs);
    await sleep(pauseMs);
    waitedMs += pauseMs;
  }
}
