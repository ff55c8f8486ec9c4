import { ScriptExit } from '@octo/kernel';
import { setTimeout as sleep } from 'node:timers/promises';
import { killTree, type KillLimits } from './kill-tree.ts';
import { parseStarted, type ProcessId } from './process-id.ts';
import { ProcessTree } from './process-tree.ts';
import { readExit, type Result } from './record.ts';
import { readText } from './whole-file.ts';
import { type Workspace } from './workspace.ts';

/** A supervisor that has just claimed its ticket needs a moment to write who it is. */
const INTRODUCTION_MS = 2_000;

/** End a script that was started, and say how sure that is (R153, R159). Rejects only with the signal's reason. */
export async function stopScript(
  ticket: string,
  workspace: Workspace,
  limits: KillLimits,
  signal: AbortSignal,
): Promise<Result> {
  const supervisor = await findSupervisor(workspace, signal);
  const left = await killTree(new ProcessTree(ticket, supervisor), limits, signal);
  if (left.length === 0 && supervisor) return { end: 'stopped', exitCode: readExit(workspace) ?? ScriptExit.Fatal };
  const who = left.length > 0 ? `pid ${left.map((p) => p.pid).join(', ')}` : 'a process that is not known';
  return { end: 'abandoned', exitCode: ScriptExit.UnknownResult, detail: `${who} may still run` };
}

async function findSupervisor({ started }: Workspace, signal: AbortSignal): Promise<ProcessId | undefined> {
  for (const sinceMs = performance.now(); performance.now() - sinceMs < INTRODUCTION_MS;) {
    const supervisor = parseStarted(readText(started));
    if (supervisor) return supervisor;
    await sleep(10, undefined, { signal });
  }
  return undefined;
}
