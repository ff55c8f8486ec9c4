import { type Clock } from '@octo/kernel';
import { ANNOUNCE_AFTER_MS } from '../limits.ts';
import { type Scribe } from '../log/scribe.ts';
import { type Waiting } from '../model/task.ts';
import { type Tasks } from '../ports.ts';

/** What is waited for, with its own limit counted from now. */
export interface WaitFor {
  readonly for: string;
  /** Absent: no limit; `whenOver` says what ends the wait instead. */
  readonly limitMs?: number;
  readonly whenOver: string;
}

/** Shows what a running task waits for, in the task and, with the same words, in its log (R252). */
export class Waits {
  readonly #deps: { readonly tasks: Tasks; readonly scribe: Scribe; readonly clock: Clock; readonly taskId: string };
  #shown = '';

  constructor(deps: {
    readonly tasks: Tasks;
    readonly scribe: Scribe;
    readonly clock: Clock;
    readonly taskId: string;
  }) {
    this.#deps = deps;
  }

  /** `null`: it waits no more. What is shown already is not said again. */
  async show(activityId: string, waiting: Waiting | null): Promise<void> {
    const what = waiting?.for ?? '';
    if (what === this.#shown) return;
    this.#shown = what;
    if (waiting) this.#deps.scribe.line(activityId, 'Wait', `Waiting for ${waiting.for}`);
    await this.#deps.tasks.setWaiting(this.#deps.taskId, waiting);
  }

  /** Do something that may take long; once it has taken a second, the wait is shown until it is over. */
  async during<T>(activityId: string, wait: WaitFor, act: () => Promise<T>): Promise<T> {
    const sinceMs = this.#deps.clock.now();
    let telling: Promise<void> | undefined;
    const timer = setTimeout(() => {
      const untilMs = wait.limitMs === undefined ? {} : { untilMs: sinceMs + wait.limitMs };
      telling = this.show(activityId, { for: wait.for, sinceMs, ...untilMs, whenOver: wait.whenOver }).catch(() => {}); // the act itself meets the same fault
    }, ANNOUNCE_AFTER_MS);
    try {
      return await act();
    } finally {
      clearTimeout(timer);
      await telling;
      if (telling) await this.show(activityId, null).catch(() => {});
    }
  }
}
