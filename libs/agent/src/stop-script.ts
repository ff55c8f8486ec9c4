import { ScriptExit } from '@octo/kernel';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Groups } from './groups.ts';
import { killTree, type KillLimits } from './kill-tree.ts';
import { parseStarted, type ProcessId } from './process-id.ts';
import { ProcessTree } from './process-tree.ts';
import { readExit, type Result } from './record.ts';
import { readText } from './whole-file.ts';
import { type Workspace } from './workspace.ts';

/** A supervisor that has just claimed its ticket needs a moment to write who it is. */
const INTRODUCTION_MS = 2_000;

export interface Stopping {
  readonly ticket: string;
  readonly workspace: Workspace;
  readonly limits: KillLimits;
  readonly groups: Groups | undefined;
  /** Of a private script: whatever runs under it is the script's. */
  readonly uid?: number;
  /** Why it is stopped; '' when somebody asked for it. */
  readonly reason: string;
}

/** End a script that was started, and say how sure that is (R153, R159, I5). Rejects only with the signal's reason. */
export async function stopScript(stopping: Stopping, signal: AbortSignal): Promise<Result> {
  const { workspace, limits, reason } = stopping;
  const supervisor = await findSupervisor(workspace, signal);
  const tree = new ProcessTree({ ...stopping, supervisor });
  const left = await killTree(tree, limits, signal);
  const because = reason === '' ? '' : `${reason}; `;
  if (left.length === 0 && supervisor) {
    const detail = `${because}all of it was seen dead${tree.seen > 1 ? ` (${tree.seen} processes)` : ''}`;
    return { end: 'stopped', exitCode: readExit(workspace) ?? ScriptExit.Fatal, detail };
  }
  const who = left.length > 0 ? `pid ${left.map((p) => p.pid).join(', ')}` : 'a process that is not known';
  const detail = `${because}${who} may still run`;
  const names = left.map(({ pid, startTime, boot }) => ({ pid, startTime, boot }));
  return { end: 'abandoned', exitCode: ScriptExit.UnknownResult, detail, left: names };
}

async function findSupervisor({ started }: Workspace, signal: AbortSignal): Promise<ProcessId | undefined> {
  for (const sinceMs = performance.now(); performance.now() - sinceMs < INTRODUCTION_MS;) {
    const supervisor = parseStarted(readText(started));
    if (supervisor) return supervisor;
    await sleep(10, undefined, { signal });
  }
  return undefined;
}
