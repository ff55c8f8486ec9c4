import { type ScriptStatus } from '@octo/kernel';
import { toStatus } from './ends.ts';
import { type Known } from './known-scripts.ts';
import { type StatusMessage } from './script-messages.ts';

const PAGE_LINES = 4_000;

/**
 * A foreign agent answers with everything it has. What is more than a page is kept, and is the next page, so that it
 * travels once; lines have numbers without gaps, from which the cursor between is known (halibut.md 5.5).
 */
export function toPage(script: Known, message: StatusMessage, handle?: string): ScriptStatus {
  const { lines } = message;
  const isMore = lines.length > PAGE_LINES;
  const next = isMore ? message.next - (lines.length - PAGE_LINES) : message.next;
  if (isMore) script.rest = { after: String(next), message: { ...message, lines: lines.slice(PAGE_LINES) } };
  else delete script.rest;
  const page: StatusMessage = isMore
    ? { state: 'Running', exitCode: 0, next, lines: lines.slice(0, PAGE_LINES) }
    : message;
  return toStatus(page, script.wasCancelled, handle);
}

/** The page after that one, if it is here already. */
export function keptPage(script: Known, after: string, handle?: string): ScriptStatus | undefined {
  const { rest } = script;
  return rest && rest.after === after ? toPage(script, rest.message, handle) : undefined;
}
