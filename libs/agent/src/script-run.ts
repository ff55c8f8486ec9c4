import { type Clock, type Launch, ScriptExit, type ScriptEnd, type ScriptStatus } from '@octo/kernel';
import { type FSWatcher, watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { killTree, type KillLimits } from './kill-tree.ts';
import { type IsolationMutexes, type Turn } from './mutex.ts';
import { OutputLog } from './output-log.ts';
import { isAlive, parseStarted, type ProcessId } from './process-tree.ts';
import { type Spawner } from './spawner.ts';
import { makeOnce, readText, writeWhole } from './whole-file.ts';
import { type Workspace } from './workspace.ts';

/** What is known of a launch after its files are laid: everything but bodies and contents. */
export type LaunchRecord = Pick<Launch, 'taskId' | 'isolation' | 'fence'> & { readonly createdAtMs: number };
export interface Result {
  readonly end: ScriptEnd;
  readonly exitCode: number;
  readonly detail?: string;
}
export interface RunDeps {
  readonly spawner: Spawner;
  readonly mutexes: IsolationMutexes;
  readonly clock: Clock;
  readonly limits: KillLimits;
}

/** Content of `started` when a cancel came first: no supervisor can claim the ticket any more. */
const CANCELLED = 'cancelled\n';
/** The net under the file watcher: a supervisor that was killed changes no file. */
const LOOK_EVERY_MS = 1_000;
/** Least time between two looks while output flows: events come faster than anybody reads. */
const GAP_MS = 2;
/** How long a supervisor that was handed over may take to claim its ticket. */
const CLAIM_MS = 10_000;

/** One ticket on this machine: waits for its turn, is handed to a supervisor, is watched, and has an end. */
export class ScriptRun implements AsyncDisposable {
  readonly #ticket: string;
  readonly #workspace: Workspace;
  readonly #record: LaunchRecord;
  readonly #deps: RunDeps;
  readonly #log: OutputLog;
  readonly #closing = new AbortController();
  readonly #cancel = new AbortController();
  #result: Result | undefined;
  #turn: Turn | undefined;
  #watcher: FSWatcher | undefined;
  #wakers = new Set<() => void>();
  #isPending = true;
  #work: Promise<void> = Promise.resolve();
  #killing: Promise<void> | undefined;

  constructor(ticket: string, workspace: Workspace, record: LaunchRecord, deps: RunDeps) {
    this.#ticket = ticket;
    this.#workspace = workspace;
    this.#record = record;
    this.#deps = deps;
    this.#log = new OutputLog(workspace);
    const known = readText(workspace.result);
    if (known !== undefined) this.#result = JSON.parse(known) as Result; // written by #finish
  }

  get isOver(): boolean {
    return this.#result !== undefined;
  }

  /**
   * Begin, or after a restart go on: a ticket without `started` was accepted and is handed over (again, under the
   * noclobber guard); one with it is watched. Resolves when it is handed over, or waits for its turn.
   */
  async begin(): Promise<void> {
    if (this.#result) return;
    this.#watch();
    const { isolation, taskId } = this.#record;
    if (readText(this.#workspace.started) !== undefined) {
      this.#isPending = false;
      this.#turn = this.#deps.mutexes.hold(isolation.mutex, taskId, isolation.exclusive);
      this.#work = this.#follow();
      return;
    }
    const turn = this.#takeTurn();
    const handedOver = turn.then((taken) => taken && this.#handOver());
    this.#work = handedOver.then((ok) => (ok ? this.#follow() : undefined));
    await Promise.race([handedOver, nextTick()]);
  }

  status(after: number): ScriptStatus {
    if (!this.#result) this.#log.catchUp(this.#deps.clock.now(), false);
    const { lines, last } = this.#log.read(after);
    const page = { lines, next: String(last) };
    if (this.#result && last >= this.#log.lastSeq) return { ...page, state: 'Complete', ...this.#result };
    return { ...page, state: this.#isPending ? 'Pending' : 'Running' };
  }

  /** Resolves when there may be news, at the latest after `limitMs`. */
  async news(limitMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#wakers.delete(done);
        resolve();
      };
      const timer = setTimeout(done, limitMs);
      signal.addEventListener('abort', done, { once: true });
      this.#wakers.add(done);
    });
    signal.throwIfAborted();
  }

  /** Only asks; the end comes by `status`. May be repeated. */
  cancel(): void {
    if (this.#result) return;
    this.#cancel.abort();
    this.#killing ??= this.#stop().finally(() => (this.#killing = undefined));
  }

  /** Stop watching. The script is left alone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#watcher?.close();
    this.#wake();
    await this.#work.catch(() => {});
    await this.#killing?.catch(() => {});
    this.#turn?.[Symbol.dispose]();
    this.#log[Symbol.dispose]();
  }

  async #takeTurn(): Promise<boolean> {
    const { isolation, taskId } = this.#record;
    const { mutexes } = this.#deps;
    const limit = isolation.timeoutMs ? AbortSignal.timeout(isolation.timeoutMs) : undefined;
    const signal = AbortSignal.any([this.#closing.signal, this.#cancel.signal, ...(limit ? [limit] : [])]);
    const waiting = new AbortController();
    void this.#announceWait(waiting.signal);
    try {
      this.#turn = await mutexes.take(isolation.mutex, taskId, isolation.exclusive, signal);
      return true;
    } catch {
      if (this.#closing.signal.aborted) return false;
      const isLate = limit?.aborted === true && !this.#cancel.signal.aborted;
      const sentence = isLate
        ? `This task waited more than ${(isolation.timeoutMs ?? 0) / 60_000} minutes and timed out.`
        : 'This task was canceled before it could start.';
      this.#log.announce([sentence]);
      if (makeOnce(this.#workspace.started, CANCELLED))
        await this.#finish({
          end: 'unstarted',
          exitCode: isLate ? ScriptExit.MutexTimeout : ScriptExit.CancelledBeforeStart,
        });
      return false;
    } finally {
      waiting.abort();
    }
  }

  /** After 100 ms, and then every 10 min, the log says who is waited for (R164, halibut.md 7.5). */
  async #announceWait(over: AbortSignal): Promise<void> {
    const { isolation } = this.#record;
    const which = isolation.exclusive ? 'this' : 'that';
    for (let pauseMs = 100; ; pauseMs = 600_000) {
      try {
        await sleep(pauseMs, undefined, { signal: AbortSignal.any([over, this.#closing.signal]), ref: false });
      } catch {
        return;
      }
      const tasks = this.#deps.mutexes.holders(isolation.mutex).map((task) => `[${task}](~/app#/tasks/${task})`);
      this.#log.announce([
        '##octopus[stdout-wait]',
        `Waiting for the script in task ${tasks.join(', ')} to finish as ${which} script requires that no other Octopus scripts are executing on this target at the same time.`,
        '##octopus[stdout-default]',
      ]);
      this.#look();
    }
  }

  async #handOver(): Promise<boolean> {
    if (this.#closing.signal.aborted) return false;
    await this.#deps.spawner.launch(this.#ticket, this.#workspace.dir);
    this.#isPending = false;
    return true;
  }

  /** Until the exit code is there, or whoever should leave it is gone. */
  async #follow(): Promise<void> {
    const { started, exit } = this.#workspace;
    const sinceMs = this.#deps.clock.now();
    while (!this.#closing.signal.aborted && !this.#result) {
      this.#look();
      const code = /^(\d+)\n$/.exec(readText(exit) ?? '')?.[1];
      if (code !== undefined) return this.#exited(Number(code));
      const supervisor = parseStarted(readText(started) ?? '');
      const isLost = supervisor ? !isAlive(supervisor) : this.#deps.clock.now() - sinceMs > CLAIM_MS;
      if (isLost && !this.#killing) return this.#lost();
      const lookedAt = performance.now();
      await this.news(LOOK_EVERY_MS, this.#closing.signal).catch(() => {});
      if (performance.now() - lookedAt < GAP_MS) await sleep(GAP_MS);
    }
  }

  async #exited(exitCode: number): Promise<void> {
    if (!this.#killing) await this.#finish({ end: 'exited', exitCode });
  }

  /** The supervisor is gone. It may have left the exit code in the moment between two looks. */
  async #lost(): Promise<void> {
    const code = /^(\d+)\n$/.exec(readText(this.#workspace.exit) ?? '')?.[1];
    if (code !== undefined) return this.#exited(Number(code));
    const detail = 'its supervisor is gone and left no exit code';
    await this.#finish({ end: 'unknown', exitCode: ScriptExit.UnknownResult, detail });
  }

  async #stop(): Promise<void> {
    const { started } = this.#workspace;
    if (makeOnce(started, CANCELLED) || readText(started) === CANCELLED) {
      await this.#finish({ end: 'unstarted', exitCode: ScriptExit.CancelledBeforeStart });
      return;
    }
    const supervisor = await this.#supervisor();
    const left = supervisor ? await killTree(this.#ticket, supervisor, this.#deps.limits) : [];
    const code = Number(readText(this.#workspace.exit)?.trim() || ScriptExit.Fatal);
    const isUnsure = !supervisor || left.length > 0;
    const detail = left.map((p) => `pid ${p.pid}`).join(', ') || 'its processes are not known';
    await this.#finish(
      isUnsure
        ? { end: 'abandoned', exitCode: ScriptExit.UnknownResult, detail: `${detail} may still run` }
        : { end: 'stopped', exitCode: code },
    );
  }

  /** A supervisor that has just claimed the ticket needs a moment to write who it is. */
  async #supervisor(): Promise<ProcessId | undefined> {
    for (let waitedMs = 0; waitedMs < 2_000; waitedMs += 10) {
      const id = parseStarted(readText(this.#workspace.started) ?? '');
      if (id) return id;
      await sleep(10);
    }
    return undefined;
  }

  /** The log is closed, then the end is on disk, then it is told. */
  async #finish(result: Result): Promise<void> {
    if (this.#result) return;
    this.#log.catchUp(this.#deps.clock.now(), true);
    // an exit code is on the disk already, by the supervisor; what only this agent knows is written down
    if (result.end !== 'exited') await writeWhole(this.#workspace.result, JSON.stringify(result));
    this.#result = result;
    this.#turn?.[Symbol.dispose]();
    this.#watcher?.close();
    this.#wake();
  }

  #watch(): void {
    this.#watcher = watch(this.#workspace.dir, { persistent: false }, () => this.#wake());
    this.#watcher.on('error', () => {}); // the folder is gone or watches have run out: the net looks every second
  }
  #look(): void {
    if (this.#log.catchUp(this.#deps.clock.now(), false)) this.#wake();
  }
  #wake(): void {
    for (const wake of Array.from(this.#wakers)) wake(); // each leaves the set as it wakes
  }
}

function nextTick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
