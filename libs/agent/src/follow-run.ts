import { existsSync } from 'node:fs';
import { type FolderChanges } from './folder-changes.ts';
import { isAlive, parseStarted } from './process-id.ts';
import { readExit } from './record.ts';
import { readText } from './whole-file.ts';
import { type Workspace } from './workspace.ts';

/** Least time between two looks; it doubles while output flows, so that the index stays small beside its log. */
const GAP_MS = { least: 2, most: 32 };
/** How long a supervisor may take to claim a ticket, and after which it is handed over again. */
const CLAIM_MS = { limit: 10_000, again: 500 };

/** A script that was handed over, and what becomes of it. */
export interface Followed {
  readonly workspace: Workspace;
  readonly changes: FolderChanges;
  isOver(): boolean;
  /** Reads what it has written; true when there were new lines. */
  catchUp(): Promise<boolean>;
  exited(): Promise<void>;
  lost(detail: string): Promise<void>;
  /** Ends it where it is sure that it never ran and never will; false where it is not. */
  neverRan(detail: string): Promise<boolean>;
  handOverAgain(): Promise<unknown>;
}

/** Until the exit code is there, or whoever should leave it is gone; `signal` ends only the looking. */
export async function follow(it: Followed, signal: AbortSignal): Promise<void> {
  const sinceMs = performance.now();
  let gapMs = 0;
  while (!signal.aborted && !it.isOver()) {
    const { seen } = it.changes;
    const hasNews = await it.catchUp();
    gapMs = hasNews ? Math.min(Math.max(gapMs * 2, GAP_MS.least), GAP_MS.most) : 0;
    if (readExit(it.workspace) !== undefined) return it.exited();
    if (!hasNews) await checkSupervisor(it, performance.now() - sinceMs);
    if (it.isOver()) return;
    const lookedMs = performance.now();
    await it.changes.next(seen, signal).catch(() => {});
    const leftMs = gapMs - (performance.now() - lookedMs); // none for one who writes now and then
    if (leftMs > 0) await it.changes.pause(leftMs, signal);
  }
}

async function checkSupervisor(it: Followed, waitedMs: number): Promise<void> {
  const { started } = it.workspace;
  const supervisor = parseStarted(readText(started));
  if (supervisor && isAlive(supervisor)) return;
  if (readExit(it.workspace) !== undefined) return it.changes.ring(); // it left in this very moment
  if (supervisor) return it.lost('its supervisor is gone and left no exit code');
  if (waitedMs > CLAIM_MS.limit) {
    const isSure = await it.neverRan('no supervisor took it');
    if (!isSure) await it.lost('its supervisor did not say who it is');
  } else if (waitedMs > CLAIM_MS.again && !existsSync(started)) {
    await it.handOverAgain().catch(() => {}); // the shell that had it may have died
  }
}
