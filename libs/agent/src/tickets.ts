import { failpoint, InputError, type Launch, ScriptExit, type ScriptStatus, TransportError } from '@octo/kernel';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeFolder } from './cleaner.ts';
import { type Accounts, type Identity } from './account.ts';
import { killTree } from './kill-tree.ts';
import { lookAgain } from './look-again.ts';
import { bury, prepare } from './prepare.ts';
import { isAlive, parseStarted } from './process-id.ts';
import { ProcessTree } from './process-tree.ts';
import { readRecord, readResult } from './record.ts';
import { type RunDeps } from './run-deps.ts';
import { ScriptRun } from './script-run.ts';
import { readText } from './whole-file.ts';
import { checkTicket, type Workspace, workspaceAt } from './workspace.ts';

export interface TicketsOptions extends RunDeps {
  /** Folder of the workspaces. */
  readonly work: string;
  readonly accounts: Accounts;
  /** Text of the file that says as whom a script runs. */
  readonly wordsFor: (identity: Identity, tmp: string) => string;
  /** Throws when this machine does not take the launch. */
  admit(launch: Launch): Promise<void>;
}

/** The runs of this machine by ticket: those that somebody has asked for since it was opened, and those on the disk. */
export class Tickets implements AsyncDisposable {
  readonly #options: TicketsOptions;
  readonly #runs = new Map<string, Promise<ScriptRun>>();
  readonly #preparing = new Map<string, AbortController>();
  readonly #removing = new Map<string, Promise<boolean>>();
  #isClosed = false;

  constructor(options: TicketsOptions) {
    this.#options = options;
  }

  /** Idempotent by ticket, also at the same time and across restarts (R143). */
  async start(ticket: string, launch: Launch, signal: AbortSignal): Promise<ScriptStatus> {
    checkTicket(ticket);
    failpoint('agent-received');
    for (;;) {
      await this.#removing.get(ticket);
      signal.throwIfAborted();
      const found = this.#find(ticket) ?? this.#prepare(ticket, launch, signal);
      const preparing = this.#preparing.get(ticket);
      try {
        const run = await found;
        await run.begin();
        return run.status(0);
      } catch (error) {
        signal.throwIfAborted();
        if (!preparing?.signal.aborted) throw error;
        // else whoever came first has given up, or a cancel came: look again what is there
      }
    }
  }

  async status(ticket: string, after: string, waitMs: number, signal: AbortSignal): Promise<ScriptStatus> {
    checkTicket(ticket);
    const last = parseCursor(after);
    const untilMs = performance.now() + waitMs;
    const run = await this.#find(ticket);
    await run?.begin();
    await run?.mayLinger(); // what was abandoned may have ended
    for (;;) {
      signal.throwIfAborted();
      if (!run || run.isClosed) return this.#unknown(after);
      const { seen } = run;
      const status = run.status(last);
      const leftMs = untilMs - performance.now();
      if (status.lines.length > 0 || status.state === 'Complete' || leftMs <= 0) return status;
      await run.news(seen, leftMs, signal);
    }
  }

  /** A ticket that is not known yet is buried: a start that comes later does not run. */
  async cancel(ticket: string): Promise<void> {
    checkTicket(ticket);
    if (!existsSync(this.#workspace(ticket).dir) && (await this.#bury(ticket))) {
      this.#preparing.get(ticket)?.abort(new Error('it was cancelled'));
      return;
    }
    (await this.#find(ticket))?.cancel();
  }

  /** Forget the ticket and delete its workspace. What still runs is ended first, lest nobody knows of it any more. */
  async complete(ticket: string): Promise<void> {
    checkTicket(ticket);
    const run = await this.#find(ticket);
    await run?.end();
    await this.remove(ticket);
  }

  /** True when its workspace is gone. Whoever asks for the ticket meanwhile finds none. */
  remove(name: string): Promise<boolean> {
    const known = this.#removing.get(name);
    if (known) return known;
    const run = this.#runs.get(name);
    this.#runs.delete(name);
    const removing = closeRun(run)
      .then(() => this.#freeIdentity(name))
      .then(() => this.#options.groups?.remove(name))
      .then(() => removeFolder(join(this.#options.work, name)))
      .finally(() => this.#removing.delete(name));
    this.#removing.set(name, removing);
    return removing;
  }

  /** True while a script of that workspace waits or runs, or may do so though it was abandoned. */
  async isInUse(name: string): Promise<boolean> {
    const run = await this.#runs.get(name)?.catch(() => undefined);
    if (run) return !run.isOver || (await run.mayLinger());
    const workspace = this.#workspace(name);
    const result = readResult(workspace);
    if (result?.end !== 'abandoned') return isRunning(workspace);
    return (await lookAgain({ ticket: name, workspace, groups: this.#options.groups, result })) === undefined;
  }

  /** After a restart: watch what runs, so that it holds its turn (R161). Answers with how many do. */
  async adopt(): Promise<number> {
    const names = await readdir(this.#options.work);
    const running = names.filter((name) => !name.startsWith('.') && isRunning(this.#workspace(name)));
    await Promise.all(running.map(async (name) => (await this.#find(name))?.begin()));
    return running.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#preparing.values()) stop.abort(closed());
    const runs = [...this.#runs.values()];
    this.#runs.clear();
    await Promise.all(runs.map(closeRun));
  }

  #find(ticket: string): Promise<ScriptRun> | undefined {
    if (this.#isClosed) throw closed();
    const known = this.#runs.get(ticket);
    if (known || this.#removing.has(ticket) || !existsSync(this.#workspace(ticket).record)) return known;
    return this.#remember(ticket, async () => this.#open(ticket));
  }

  #prepare(ticket: string, launch: Launch, signal: AbortSignal): Promise<ScriptRun> {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const giveUp = () => stop.abort(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    this.#preparing.set(ticket, stop);
    return this.#remember(ticket, async () => {
      try {
        await this.#options.admit(launch);
        await this.#lay(ticket, launch, either);
        failpoint('agent-prepared');
        return this.#open(ticket);
      } finally {
        signal.removeEventListener('abort', giveUp);
        this.#preparing.delete(ticket);
      }
    });
  }

  /** An identity whose workspace does not come about is free again. */
  async #lay(ticket: string, launch: Launch, signal: AbortSignal): Promise<void> {
    const { accounts, work, clock, wordsFor } = this.#options;
    const identity = accounts.take(ticket);
    let isLaid = false;
    try {
      isLaid = await prepare({ work, ticket, nowMs: clock.now(), identity, wordsFor }, launch, signal);
    } finally {
      if (!isLaid && identity?.isPrivate) accounts.release(identity.uid, ticket);
    }
  }

  /** A private user id may belong to another script next, so nothing of this one may be left. */
  async #freeIdentity(ticket: string): Promise<void> {
    const { accounts, groups, limits } = this.#options;
    const { identity } = readRecord(this.#workspace(ticket)) ?? {};
    if (!identity?.isPrivate) return;
    const tree = new ProcessTree({ ticket, supervisor: undefined, groups, uid: identity.uid });
    const left = await killTree(tree, { ...limits, graceMs: 0 }, AbortSignal.timeout(limits.killLimitMs * 2));
    if (left.length === 0) accounts.release(identity.uid, ticket); // else it stays taken, and nobody meets what is left
  }

  /** A failure is not remembered: the next caller tries anew. */
  #remember(ticket: string, make: () => Promise<ScriptRun>): Promise<ScriptRun> {
    const run = make();
    this.#runs.set(ticket, run);
    run.catch(() => this.#runs.delete(ticket));
    return run;
  }

  #open(ticket: string): ScriptRun {
    const workspace = this.#workspace(ticket);
    const record = readRecord(workspace);
    if (!record) throw new Error(`the workspace of ticket ${ticket} was deleted`);
    return new ScriptRun(ticket, workspace, record, this.#options);
  }

  #bury(ticket: string): Promise<boolean> {
    const { work, clock } = this.#options;
    return bury(work, ticket, { end: 'unstarted', exitCode: ScriptExit.CancelledBeforeStart }, clock.now());
  }

  /** What a closed one does not know may be known to the next. */
  #unknown(after: string): ScriptStatus {
    if (this.#isClosed) throw closed();
    return { lines: [], next: after, state: 'Complete', end: 'unstarted', exitCode: ScriptExit.UnknownScript };
  }

  #workspace(ticket: string): Workspace {
    return workspaceAt(join(this.#options.work, ticket));
  }
}

function isRunning(workspace: Workspace): boolean {
  if (existsSync(workspace.result)) return false;
  const supervisor = parseStarted(readText(workspace.started));
  return supervisor !== undefined && isAlive(supervisor);
}

async function closeRun(run: Promise<ScriptRun> | undefined): Promise<void> {
  await (await run?.catch(() => undefined))?.[Symbol.asyncDispose]();
}

/** What it has started goes on, and is found by whoever opens the folder next. */
function closed(): TransportError {
  return new TransportError('OCTO_TRANSPORT_CLOSED', 'the machine side has been closed', {
    started: 'maybe',
    hint: 'open it again and ask for the ticket: what was started goes on',
  });
}

/** A cursor is the number of the last line that was delivered. */
function parseCursor(after: string): number {
  if (/^\d{0,15}$/.test(after)) return Number(after);
  throw new InputError('OCTO_AGENT_CURSOR', `"${after}" is no cursor of this machine side`, {
    hint: 'pass the next of an earlier answer, or nothing for the first line',
  });
}
