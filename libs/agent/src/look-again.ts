import { ScriptExit } from '@octo/kernel';
import { type Groups } from './groups.ts';
import { parseStarted } from './process-id.ts';
import { ProcessTree } from './process-tree.ts';
import { isFromEarlierBoot, readExit, readRecord, type Result } from './record.ts';
import { readText } from './whole-file.ts';
import { type Workspace } from './workspace.ts';

/** An abandoned script: by what its processes are found. */
export interface Abandoned {
  readonly ticket: string;
  readonly workspace: Workspace;
  readonly groups: Groups | undefined;
  readonly result: Result;
}

/**
 * What could not be killed dies at some time, and then that is known (R159): the end of an abandoned script whose
 * processes are all gone. Undefined: something of it lives, or nobody can tell.
 */
export async function lookAgain({ ticket, workspace, groups, result }: Abandoned): Promise<Result | undefined> {
  const record = readRecord(workspace);
  if (!record) return undefined;
  const dead = (detail: string): Result => ({
    end: 'stopped',
    exitCode: readExit(workspace) ?? ScriptExit.Fatal,
    detail: `${detail}; it had been abandoned`,
  });
  if (isFromEarlierBoot(record)) return dead('the machine was booted since');
  const supervisor = parseStarted(readText(workspace.started));
  if (!supervisor) return undefined; // it never said who it is, so nothing that is not seen proves anything
  const { identity } = record;
  const uid = identity?.isPrivate ? { uid: identity.uid } : {};
  const tree = new ProcessTree({ ticket, supervisor, groups, known: result.left ?? [], ...uid });
  return (await tree.look()).length === 0 ? dead('all of it was seen dead') : undefined;
}
