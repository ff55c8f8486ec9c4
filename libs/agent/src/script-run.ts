import { failpoint, ScriptExit, type ScriptStatus } from '@octo/kernel';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Bell } from './bell.ts';
import { FolderChanges } from './folder-changes.ts';
import { follow } from './follow-run.ts';
import { type LimitWatch, watchLimits } from './limit-watch.ts';
import { lookAgain } from './look-again.ts';
import { OutputLog } from './output-log.ts';
import { type BlockedSince, pendingOf } from './pending.ts';
import { claimNever, isFromEarlierBoot, type LaunchRecord, readExit, readResult, type Result } from './record.ts';
import { type RunDeps } from './run-deps.ts';
import { lost, storeResult, unstarted } from './script-ends.ts';
import { stopScript } from './stop-script.ts';
import { waitForTurn } from './wait-turn.ts';
import { readText } from './whole-file.ts';
import { inside, type Workspace } from './workspace.ts';

/** One ticket on this machine: waits for its turn, is handed to a supervisor, is watched, and has an end. */
export class ScriptRun implements AsyncDisposable {
  readonly #ticket: string;
  readonly #workspace: Workspace;
  readonly #record: LaunchRecord;
  readonly #deps: RunDeps;
  readonly #log: OutputLog;
  readonly #closing = new AbortController();
  readonly #cancelling = new AbortController();
  readonly #changes = new FolderChanges();
  /** There are lines, another state, or an end. */
  readonly #news = new Bell();
  #result: Result | undefined;
  #isPending = true;
  #blocked: BlockedSince | undefined;
  #limits: LimitWatch | undefined;
  #beginning: Promise<void> | undefined;
  #work: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #finishing: Promise<void> | undefined;

  constructor(ticket: string, workspace: Workspace, record: LaunchRecord, deps: RunDeps) {
    this.#ticket = ticket;
    this.#workspace = workspace;
    this.#record = record;
    this.#deps = deps;
    this.#log = new OutputLog(workspace, deps.sizes);
    this.#result = readResult(workspace);
  }

  get isOver(): boolean {
    return this.#result !== undefined;
  }
  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /**
   * Begin, or after a restart go on: a ticket without `started` was accepted and is handed over (again, under the
   * noclobber guard); one with it is watched. Resolves when it is handed over, or waits for its turn. May be repeated.
   */
  begin(): Promise<void> {
    return (this.#beginning ??= this.#begin());
  }

  status(after: number): ScriptStatus {
    if (!this.#result) this.#index();
    const { lines, last } = this.#log.read(after);
    const page = { lines, next: String(last) };
    if (this.#result && last >= this.#log.lastSeq) {
      const { left: _, ...told } = this.#result;
      return { ...page, state: 'Complete', ...told };
    }
    return this.#isPending && !this.#result
      ? { ...page, ...pendingOf(this.#record, this.#blocked) }
      : { ...page, state: 'Running' };
  }

  /** To be taken before a status is asked for, and given to `news`. */
  get seen(): number {
    return this.#news.rings;
  }
  /** Resolves when there may be news since, at the latest after `limitMs`. */
  news(seen: number, limitMs: number, signal: AbortSignal): Promise<void> {
    return this.#news.wait(seen, limitMs, signal);
  }

  /** True while it may live though it was abandoned. Once all of it is gone, that is its end (R159). */
  async mayLinger(): Promise<boolean> {
    const result = this.#result;
    if (result?.end !== 'abandoned') return false;
    const at = { ticket: this.#ticket, workspace: this.#workspace, groups: this.#deps.groups };
    const seen = await lookAgain({ ...at, result });
    if (!seen) return true;
    await storeResult(this.#workspace.result, seen).catch(() => {}); // else it is found out once more
    this.#result = seen;
    return false;
  }

  /** Only asks; the end comes by `status`. May be repeated. */
  cancel(reason = ''): void {
    if (this.#result || this.isClosed) return;
    this.#stopping ??= this.#stop(reason)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => (this.#stopping = undefined));
  }

  /** Cancel, unless it is over, and see its end. Takes at most as long as its tree may take to die. */
  async end(): Promise<void> {
    this.cancel();
    await this.#stopping;
  }

  /** Stop watching. The script is left alone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error('the machine side has closed'));
    this.#changes[Symbol.dispose]();
    this.#limits?.[Symbol.dispose]();
    this.#news.ring();
    await Promise.allSettled([this.#beginning, this.#work, this.#stopping, this.#finishing]);
    this.#log[Symbol.dispose]();
  }

  async #begin(): Promise<void> {
    if (this.#result) return;
    this.#changes.open(this.#workspace.dir, basename(this.#workspace.exit));
    if (existsSync(this.#workspace.started)) return this.#goOn();
    if (isFromEarlierBoot(this.#record)) return this.#finish(lost('the machine was booted since it was accepted'));
    const turn = this.#takeTurn();
    const handedOver = turn.then((isOurs) => isOurs && this.#handOver());
    this.#work = handedOver
      .then((isDone) => (isDone ? this.#follow() : undefined))
      .catch((error: unknown) => this.#fail(error));
    const isFree = await Promise.race([turn.then(() => true), nextTurn(false)]);
    if (isFree) await handedOver.catch(() => {}); // told by #fail
  }

  /** Found again after a restart: it holds its place, and a cancel that was under way goes on. */
  #goOn(): Promise<void> | void {
    if (claimNever(this.#workspace)) return this.#finish(unstarted(ScriptExit.CancelledBeforeStart));
    this.#isPending = false;
    this.#deps.turns.hold({ ticket: this.#ticket, ...this.#record });
    this.#work = this.#follow().catch((error: unknown) => this.#fail(error));
    if (existsSync(this.#workspace.cancel)) this.cancel();
  }

  async #takeTurn(): Promise<boolean> {
    const signal = AbortSignal.any([this.#closing.signal, this.#cancelling.signal]);
    const wait = {
      turns: this.#deps.turns,
      ticket: this.#ticket,
      record: this.#record,
      announce: (lines: readonly string[]) => this.#announce(lines),
      blocked: (byTasks: readonly string[]) => {
        this.#blocked = { byTasks, sinceMs: this.#blocked?.sinceMs ?? performance.now() };
        this.#news.ring();
      },
    };
    try {
      const turn = await waitForTurn(wait, signal);
      if (turn === 'late') await this.#neverRan(ScriptExit.MutexTimeout);
      return turn === 'now' && !this.isClosed;
    } catch (error) {
      if (signal.aborted) return false; // closed, or cancelled: #stop sees to it
      throw error;
    }
  }

  async #handOver(): Promise<boolean> {
    try {
      await this.#deps.spawner.launch(this.#ticket);
      failpoint('agent-handed-over');
    } catch (error) {
      if (await this.#neverRan(ScriptExit.ShellNotStarted, String(error))) return false;
    }
    this.#isPending = false;
    this.#blocked = undefined;
    this.#news.ring();
    return true;
  }

  async #follow(): Promise<void> {
    this.#limits = watchLimits(this.#record.limits, this.#workspace, (what) => this.cancel(what));
    const followed = {
      workspace: this.#workspace,
      changes: this.#changes,
      isOver: () => this.isOver,
      catchUp: () => this.#catchUp(),
      exited: () => this.#exited(),
      lost: (detail: string) => this.#lost(detail),
      neverRan: (detail: string) => this.#neverRan(ScriptExit.ShellNotStarted, detail),
      handOverAgain: () => this.#deps.spawner.launch(this.#ticket),
    };
    await follow(followed, this.#closing.signal);
  }

  /** What a script exits with after a cancel is no end of its own. */
  async #exited(): Promise<void> {
    if (existsSync(this.#workspace.cancel)) return this.end();
    await this.#finish({ end: 'exited', exitCode: readExit(this.#workspace) ?? ScriptExit.UnknownResult });
  }

  async #lost(detail: string): Promise<void> {
    if (existsSync(this.#workspace.cancel)) return this.end();
    await this.#finish(lost(detail));
  }

  /** True when it is sure that it never ran and never will. */
  async #neverRan(exitCode: number, detail?: string): Promise<boolean> {
    if (!claimNever(this.#workspace)) return false;
    await this.#finish(unstarted(exitCode, detail));
    return true;
  }

  async #stop(reason: string): Promise<void> {
    if (claimNever(this.#workspace)) {
      this.#cancelling.abort();
      this.#announce(['This task was canceled before it could start.', 'Script execution canceled.']);
      return this.#finish(unstarted(ScriptExit.CancelledBeforeStart));
    }
    const { cancel } = this.#workspace;
    if (!existsSync(cancel) && readExit(this.#workspace) !== undefined) return this.#exited();
    if (!existsSync(cancel)) writeFileSync(cancel, reason, { mode: 0o600 }); // a restart goes on from here
    const { identity } = this.#record;
    const stopping = {
      ...this.#deps,
      ticket: this.#ticket,
      workspace: this.#workspace,
      reason: readText(cancel) ?? reason,
      ...(identity?.isPrivate && { uid: identity.uid }),
    };
    await this.#finish(await stopScript(stopping, this.#closing.signal));
  }

  /** The first end counts. */
  #finish(result: Result): Promise<void> {
    return (this.#finishing ??= this.#close(result));
  }

  /**
   * The log is closed, then the end is on disk, then it is told. A disk that does not take it is no reason to keep it
   * back: whatever leads to an end (`exit`, `cancel`, `started`) leads to it again after a restart.
   */
  async #close(result: Result): Promise<void> {
    while (!this.isClosed && this.#log.catchUp(this.#deps.clock.now(), true)) await nextTurn();
    if (this.isClosed) return;
    const { space, result: file } = this.#workspace;
    for (const name of this.#record.secrets) rmSync(inside(space, name), { force: true });
    await storeResult(file, result).catch(() => {});
    this.#tell(result);
  }

  /** Our own fault, or the disk's: the ticket ends rather than hang, and nothing of that is stored. */
  #fail(error: unknown): void {
    if (!this.isClosed && !this.#result) this.#tell(lost(`the machine side failed: ${String(error)}`));
  }

  #tell(result: Result): void {
    this.#result = result;
    this.#limits?.[Symbol.dispose]();
    this.#deps.turns.leave(this.#ticket);
    this.#changes[Symbol.dispose]();
    this.#changes.ring();
    this.#news.ring();
  }

  /** True when there were new lines. */
  async #catchUp(): Promise<boolean> {
    const before = this.#log.lastSeq;
    while (!this.isClosed && this.#index()) {
      this.#limits?.checkOutput(); // a script may write faster than anybody reads
      this.#news.ring();
      await nextTurn();
    }
    this.#limits?.checkOutput();
    if (this.#log.lastSeq === before) return false;
    this.#news.ring();
    return true;
  }

  /** A disk that is full now may not be at the next look; at the end it counts. True when there is more. */
  #index(): boolean {
    try {
      return this.#log.catchUp(this.#deps.clock.now(), false);
    } catch {
      return false;
    }
  }

  #announce(lines: readonly string[]): void {
    if (this.isClosed) return;
    this.#log.announce(lines);
    this.#index();
    this.#news.ring();
  }
}
