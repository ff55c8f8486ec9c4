import { type ActivityLog, type Clock, type LogLevel } from '@octo/kernel';
import { type Mask } from '@octo/variables';
import { type ActivityState, type LogCategory } from '../model/activity.ts';
import { type RunChange } from '../model/run.ts';
import { type Claim } from '../model/task.ts';
import { type ActivityChange, type Entry, type Journal, type NewLine, type Signals } from '../ports.ts';

const CATEGORY: Readonly<Record<LogLevel, LogCategory>> = {
  verbose: 'Verbose',
  info: 'Info',
  highlight: 'Highlight',
  wait: 'Wait',
  warning: 'Warning',
  error: 'Error',
};

/** Longest time that a line of people waits for company before it is stored. */
const GATHER_MS = 10;

export interface ScribeDeps {
  readonly journal: Journal;
  readonly signals: Signals;
  readonly clock: Clock;
  readonly mask: Mask;
  readonly claim: Claim;
  /** Called once when nothing can be written any more: the claim is lost, or the store fails. */
  broken(error: unknown): void;
}

/**
 * The one hand that writes a running task's log. Order is kept: what is written first is stored first, lines of people
 * and pages of scripts alike. Everything that passes here is masked before it is stored (R244).
 */
export class Scribe {
  readonly #deps: ScribeDeps;
  #lines: NewLine[] = [];
  #activities: ActivityChange[] = [];
  #runs: RunChange[] = [];
  #tail: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #error: Error | undefined;

  constructor(deps: ScribeDeps) {
    this.#deps = deps;
  }

  /** The log of one activity, for those who write sentences. */
  log(activityId: string): ActivityLog {
    return {
      write: (level, text) => this.line(activityId, CATEGORY[level], text),
      progress: (percentage, message) =>
        this.activity({ id: activityId, progress: percentage, progressMessage: this.#deps.mask.apply(message) }),
    };
  }

  line(activityId: string, category: LogCategory, text: string): void {
    const atMs = this.#deps.clock.now();
    for (const part of this.#deps.mask.apply(text).split('\n')) {
      this.#lines.push({ activityId, category, atMs, text: part });
    }
    this.#schedule();
  }

  activity(change: ActivityChange): void {
    this.#activities.push(change);
    this.#schedule();
  }
  begin(id: string, name: string): void {
    this.activity({ id, name: this.#deps.mask.apply(name), state: 'Running', startedAtMs: this.#deps.clock.now() });
  }
  end(id: string, state: ActivityState): void {
    this.activity({ id, state, endedAtMs: this.#deps.clock.now() });
  }

  /** A change of a record that need not be durable before anything else happens: it goes with the next write. */
  note(change: RunChange): void {
    this.#runs.push(change);
    this.#schedule();
  }

  /** Store something together with what was written before it. Resolves once it is durable. */
  append(entry: Entry): Promise<void> {
    return this.appendAnd(entry, async () => {});
  }

  /** The same, and right behind it, in the same commit where the store can, another write. */
  appendAnd<T>(entry: Entry, also: () => Promise<T>): Promise<T> {
    const whole: Entry = {
      ...entry,
      lines: [...this.#lines.splice(0), ...(entry.lines ?? [])],
      activities: [...this.#activities.splice(0), ...(entry.activities ?? [])],
      runs: [...this.#runs.splice(0), ...(entry.runs ?? [])],
    };
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const done = this.#tail.then(async () => {
      const stored = this.#store(whole);
      const other = also();
      other.catch(() => {}); // looked at below, when it is its turn
      await stored;
      if (this.#error !== undefined) throw this.#error;
      return other;
    });
    this.#tail = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  /** Resolves when all that was written is durable. */
  flush(): Promise<void> {
    return this.append({});
  }

  /** Lines wait a moment for each other: a commit costs more than a line. */
  #schedule(): void {
    this.#timer ??= setTimeout(() => void this.flush().catch(() => {}), GATHER_MS); // `broken` has told
  }

  async #store(entry: Entry): Promise<void> {
    if (this.#error !== undefined || isEmpty(entry)) return;
    try {
      await this.#deps.journal.append(this.#deps.claim, entry);
      this.#deps.signals.publish(`task:${this.#deps.claim.taskId}`);
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
      this.#deps.broken(error);
    }
  }
}

function isEmpty(entry: Entry): boolean {
  return Object.values(entry).every((part) => part === undefined || (Array.isArray(part) && part.length === 0));
}
