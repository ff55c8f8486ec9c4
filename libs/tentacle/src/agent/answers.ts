import { type Agent } from '@octo/agent';
import { type OutputLine, type ScriptStatus } from '@octo/kernel';
import { type StatusMessage } from '../script-messages.ts';

/** Lines of one answer, about; what is left comes with the next. */
const MOST_CHARACTERS = 512 * 1024;
/** No script has so many lines; an int64 may say more. */
const MOST_LINES = 2 ** 49;

/** Our cursor is the number of the last line, and so is theirs (halibut.md 5.5). */
export function toMessage(status: ScriptStatus): StatusMessage {
  const page = { lines: status.lines, next: Number(status.next === '' ? 0 : status.next) };
  return status.state === 'Complete'
    ? { ...page, state: 'Complete', exitCode: status.exitCode }
    : { ...page, state: status.state, exitCode: 0 };
}

/** The status now. Pages are put together while they come at once, for a stock client pauses after every answer. */
export async function statusNow(
  agent: Agent,
  ticket: string,
  after: number,
  signal: AbortSignal,
): Promise<StatusMessage> {
  return untilOver(agent, ticket, { after, waitMs: 0 }, signal);
}

/** The status when the script has ended, at the latest after `waitMs`. */
export async function untilOver(
  agent: Agent,
  ticket: string,
  { after, waitMs }: { readonly after: number; readonly waitMs: number },
  signal: AbortSignal,
): Promise<StatusMessage> {
  const untilMs = performance.now() + waitMs;
  const lines: OutputLine[] = [];
  let size = 0;
  for (let cursor = String(Math.min(Math.max(0, Math.trunc(after)), MOST_LINES)); ;) {
    const leftMs = Math.max(0, untilMs - performance.now());
    const status = await agent.status({ ticket }, { after: cursor, waitMs: leftMs }, signal);
    cursor = status.next;
    for (const line of status.lines) size += line.text.length + 40;
    for (const line of status.lines) lines.push(line); // there may be more than a call takes arguments
    const isMore = status.lines.length > 0 || leftMs > 0;
    if (status.state !== 'Complete' && isMore && size < MOST_CHARACTERS) continue;
    return toMessage({ ...status, lines });
  }
}
