import { type Clock } from '@octo/kernel';
import { ANNOUNCE_AFTER_MS, type Limits } from '../limits.ts';
import { type Scribe } from '../log/scribe.ts';
import { type Waiting } from '../model/task.ts';
import { WAITS } from '../model/waits.ts';
import { type Tasks } from '../ports.ts';

export interface WaitsDeps {
  readonly tasks: Tasks;
  readonly scribe: Scribe;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly taskId: string;
}
/** The waits that the plane limits by itself. */
type OwnWait = Exclude<keyof typeof WAITS, 'turn'>;

/** Shows what a running task waits for, in the task and, with the same words, in its log (R252). */
export class Waits {
  readonly #deps: WaitsDeps;
  #shown = '';

  constructor(deps: WaitsDeps) {
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

  /** Do something that may take long; once it has taken a second, the wait is shown until it is over. `other`: what ends it sooner. */
  async during<T>(
    activityId: string,
    kind: OwnWait,
    what: string,
    act: () => Promise<T>,
    other: { readonly limitMs?: number; readonly whenOver?: string } = {},
  ): Promise<T> {
    const sinceMs = this.#deps.clock.now();
    const { limit } = WAITS[kind];
    const { limitMs = this.#deps.limits[limit], whenOver = WAITS[kind].whenOver } = other;
    const waiting: Waiting = { for: what, sinceMs, untilMs: sinceMs + limitMs, whenOver };
    let telling: Promise<void> | undefined;
    const timer = setTimeout(() => {
      telling = this.show(activityId, waiting).catch(() => {}); // the act itself meets the same fault
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
