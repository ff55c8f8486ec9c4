import { ScriptExit, type ScriptEnd, type ScriptStatus } from '@octo/kernel';
import { type StatusMessage } from './script-messages.ts';

/** Source: halibut.md 5.3. */
const POD_NOT_FOUND = -81;
const ENDS: Readonly<Record<number, ScriptEnd>> = {
  [ScriptExit.Fatal]: 'unknown',
  [ScriptExit.CancelledBeforeStart]: 'unstarted',
  [ScriptExit.MutexTimeout]: 'unstarted',
  [ScriptExit.UnknownScript]: 'unstarted',
  [ScriptExit.UnknownResult]: 'unknown',
  [ScriptExit.PowerShellNeverStarted]: 'unstarted',
  [POD_NOT_FOUND]: 'unknown',
};

/**
 * What a foreign agent's answer means. Of a script that we cancelled its exit code says nothing: any may come (12), and
 * its tree was killed before it was called complete (7.5).
 */
export function toStatus(message: StatusMessage, wasCancelled: boolean, handle?: string): ScriptStatus {
  const page = { lines: message.lines, next: String(message.next), ...(handle !== undefined && { handle }) };
  if (message.state !== 'Complete') return { ...page, state: message.state };
  const end = ENDS[message.exitCode] ?? (wasCancelled ? 'stopped' : 'exited');
  return { ...page, state: 'Complete', end, exitCode: message.exitCode };
}
