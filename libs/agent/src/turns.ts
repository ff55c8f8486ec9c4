import { type Isolation } from '@octo/kernel';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bell } from './bell.ts';
import { isAlive, parseStarted, type ProcessId, thisProcess } from './process-id.ts';
import { readText, writeQuickly } from './whole-file.ts';
import { workspaceAt } from './workspace.ts';

export interface TurnAsk {
  readonly ticket: string;
  readonly taskId: string;
  readonly isolation: Pick<Isolation, 'mutex' | 'exclusive'>;
}
/** A place in the queue of one mutex, as its file says. */
interface Place {
  readonly number: number;
  readonly ticket: string;
  readonly taskId: string;
  readonly exclusive: boolean;
  /** Whoever waits for this place, or has started its script. */
  readonly waiter: ProcessId;
}

/** The net under the watch: a script that was killed, or another process that was, changes no file here. */
const LOOK_EVERY_MS = 500;
/** So long a place is kept for a dead process: what it has just handed over may not have begun yet. */
const HANDOVER_MS = 1_000;
/** A file that is still empty after so long was left by a process that died while it wrote. */
const ARRIVAL_MS = 5_000;
/** Places of tickets that are long gone are swept after so long. */
const SWEEP_MS = 3_600_000;
/** Places kept in memory. */
const READ_PLACES = 10_000;

/**
 * Named reader/writer locks of this machine (R161): shared turns overlap, an exclusive one is alone; first come, first
 * served; nobody overtakes an exclusive one that waits (R163).
 *
 * A turn is a numbered file, so all processes on one folder queue up in one line, and a restart finds the line as it
 * was: whether a place is still good is judged by its ticket (over? running?) and by the process that waits for it, never
 * by who is asked. Numbers are given by O_EXCL; whoever finds a higher one behind its own took a number that was free
 * again, and takes another.
 */
export class IsolationTurns implements Disposable {
  readonly #dir: string;
  readonly #work: string;
  readonly #bell = new Bell();
  readonly #files = new Map<string, string>();
  readonly #read = new Map<string, { readonly ino: number; readonly mtimeMs: number; readonly place: Place }>();
  readonly #deadSinceMs = new Map<string, number>();
  readonly #watches = new Map<string, { waiters: number; watcher: Disposable | undefined }>();

  /** `dir`: folder of the turns; `work`: folder of the workspaces. */
  constructor(dir: string, work: string) {
    this.#dir = dir;
    this.#work = work;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  }

  /**
   * Resolves when it is the ticket's turn; `blocked` hears which tasks are waited for whenever that changes. Rejects with
   * the signal's reason; the place is kept until `leave`, so that a restart goes on in its order.
   */
  async take(ask: TurnAsk, signal: AbortSignal, blocked: (taskIds: readonly string[]) => void): Promise<void> {
    signal.throwIfAborted();
    const number = this.#enter(ask);
    const folder = this.#folder(ask.isolation.mutex);
    if (this.#blockers(folder, number, ask.isolation.exclusive).length === 0) return;
    let told = '';
    using _watch = this.#watch(folder);
    for (;;) {
      const seen = this.#bell.rings;
      const before = this.#blockers(folder, number, ask.isolation.exclusive);
      if (before.length === 0) return;
      const tasks = [...new Set(before.map((p) => p.taskId))];
      if (tasks.join() !== told) blocked(tasks);
      told = tasks.join();
      await this.#bell.wait(seen, LOOK_EVERY_MS, signal);
    }
  }

  /** The place of a script that already runs, whatever others do. */
  hold(ask: TurnAsk): void {
    this.#enter(ask);
  }

  /** Give the place back. May be repeated, and is quiet about a ticket that has none. */
  leave(ticket: string): void {
    const file = this.#files.get(ticket);
    if (file === undefined) return;
    this.#files.delete(ticket);
    rmSync(file, { force: true });
    this.#bell.ring();
  }

  /** Delete what tickets of long ago have left. */
  sweep(nowMs: number): void {
    for (const name of readdirSync(this.#dir))
      for (const place of this.#places(join(this.#dir, name))) {
        const file = join(this.#dir, name, fileName(place.number));
        const isOld = nowMs - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? nowMs) > SWEEP_MS;
        if (isOld && !this.#isGood(place)) rmSync(file, { force: true });
      }
  }

  [Symbol.dispose](): void {
    for (const { watcher } of this.#watches.values()) watcher?.[Symbol.dispose]();
    this.#watches.clear();
  }

  /** The number of the ticket's place: the one it had before a restart, or the next. */
  #enter({ ticket, taskId, isolation }: TurnAsk): number {
    const folder = this.#folder(isolation.mutex);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const mine = { ticket, taskId, exclusive: isolation.exclusive, waiter: thisProcess() };
    const had = this.#places(folder).find((p) => p.ticket === ticket);
    if (had) {
      const file = join(folder, fileName(had.number));
      writeQuickly(file, JSON.stringify(mine));
      this.#files.set(ticket, file);
      return had.number;
    }
    for (let number = (numbers(folder).at(-1) ?? 0) + 1; ; number++) {
      const file = join(folder, fileName(number));
      if (!make(file, JSON.stringify(mine))) continue;
      if (numbers(folder).at(-1) === number) {
        this.#files.set(ticket, file);
        return number;
      }
      rmSync(file, { force: true });
    }
  }

  /** Who must be over before this one may begin. */
  #blockers(folder: string, number: number, isExclusive: boolean): readonly Place[] {
    const before = this.#places(folder).filter((p) => p.number < number && (isExclusive || p.exclusive));
    return before.filter((p) => this.#isGood(p));
  }

  #places(folder: string): readonly Place[] {
    return numbers(folder).flatMap((number) => {
      const place = this.#place(join(folder, fileName(number)), number);
      return place ? [place] : [];
    });
  }

  /** A file is read once: its line is long where many scripts share the machine. */
  #place(file: string, number: number): Place | undefined {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat) return undefined;
    const known = this.#read.get(file);
    if (known?.ino === stat.ino && known.mtimeMs === stat.mtimeMs) return known.place;
    const text = readText(file);
    if (text === undefined || (text === '' && Date.now() - stat.mtimeMs > ARRIVAL_MS)) return undefined;
    if (text === '') return { number, ticket: '', taskId: 'that arrives', exclusive: true, waiter: thisProcess() };
    const place = { number, ...(JSON.parse(text) as Omit<Place, 'number'>) }; // written by #enter above
    if (this.#read.size > READ_PLACES) this.#read.clear();
    this.#read.set(file, { ino: stat.ino, mtimeMs: stat.mtimeMs, place });
    return place;
  }

  /** True while the ticket's script runs, or somebody waits with it. */
  #isGood({ ticket, waiter }: Place): boolean {
    if (ticket === '') return true;
    const workspace = workspaceAt(join(this.#work, ticket));
    if (!existsSync(workspace.record) || existsSync(workspace.result) || existsSync(workspace.exit)) return false;
    const started = readText(workspace.started);
    const supervisor = parseStarted(started);
    if (supervisor) return isAlive(supervisor);
    if (started !== undefined && started !== '') return false; // claimed so that it never runs
    if (isAlive(waiter)) {
      this.#deadSinceMs.delete(ticket);
      return true;
    }
    const sinceMs = this.#deadSinceMs.get(ticket) ?? performance.now();
    this.#deadSinceMs.set(ticket, sinceMs);
    return performance.now() - sinceMs < HANDOVER_MS;
  }

  /** Names may hold anything, folders may not. */
  #folder(mutex: string): string {
    return join(this.#dir, createHash('sha256').update(mutex).digest('hex').slice(0, 32));
  }

  /** Ring when the line changes, by whatever process. Where the system gives no watch, the net alone has to do. */
  #watch(folder: string): Disposable {
    const watched = this.#watches.get(folder) ?? { waiters: 0, watcher: this.#open(folder) };
    watched.waiters++;
    this.#watches.set(folder, watched);
    return {
      [Symbol.dispose]: () => {
        if (--watched.waiters > 0) return;
        watched.watcher?.[Symbol.dispose]();
        this.#watches.delete(folder);
      },
    };
  }

  #open(folder: string): Disposable | undefined {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#bell.ring());
      watcher.on('error', () => {}); // the folder is gone: the net is left
      return { [Symbol.dispose]: () => watcher.close() };
    } catch {
      return undefined;
    }
  }
}

function fileName(number: number): string {
  return String(number).padStart(12, '0');
}
function numbers(folder: string): readonly number[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.flatMap((name) => (/^\d{12}$/.test(name) ? [Number(name)] : [])).sort((a, b) => a - b);
}

/** False when somebody else has that number. Whoever reads it in between finds it empty. */
function make(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
