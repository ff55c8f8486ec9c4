import { ScriptExit } from '@octo/kernel';
import { type Result } from './record.ts';
import { writeQuickly, writeWhole } from './whole-file.ts';

/** An exit code is on the disk already, by the supervisor; what only this agent knows is made durable. */
export async function storeResult(file: string, result: Result): Promise<void> {
  const text = JSON.stringify(result);
  if (result.end === 'exited') writeQuickly(file, text);
  else await writeWhole(file, text);
}

export function lost(detail: string): Result {
  return { end: 'unknown', exitCode: ScriptExit.UnknownResult, detail };
}
export function unstarted(exitCode: number, detail?: string): Result {
  return { end: 'unstarted', exitCode, ...(detail !== undefined && { detail }) };
}
