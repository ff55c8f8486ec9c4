import { type Isolation } from '@octo/kernel';
import { setTimeout as sleep } from 'node:timers/promises';
import { type IsolationTurns } from './turns.ts';

export interface TurnWait {
  readonly turns: IsolationTurns;
  readonly ticket: string;
  readonly record: { readonly taskId: string; readonly isolation: Isolation };
  /** Writes lines into the waiting script's own log. */
  announce(lines: readonly string[]): void;
  /** Hears which tasks are waited for, whenever that changes. */
  blocked(taskIds: readonly string[]): void;
}
const FIRST_WORD_MS = 100;
const NEXT_WORD_MS = 600_000;
/** Longest wait that a timer can hold; about 25 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Wait until the isolation of the launch lets it run (R160–R165). 'late' when its own time limit came first. While it
 * waits, its log says for whom. Rejects with the signal's reason.
 */
export async function waitForTurn(wait: TurnWait, signal: AbortSignal): Promise<'now' | 'late'> {
  const { timeoutMs } = wait.record.isolation;
  const limit = timeoutMs ? AbortSignal.timeout(Math.min(timeoutMs, LONGEST_MS)) : undefined;
  const either = limit ? AbortSignal.any([signal, limit]) : signal;
  using who = new Announcement(wait, signal);
  try {
    await wait.turns.take({ ticket: wait.ticket, ...wait.record }, either, (tasks) => who.blocked(tasks));
    return 'now';
  } catch (error) {
    signal.throwIfAborted();
    if (!limit?.aborted) throw error;
    wait.announce([
      `This task waited more than ${(timeoutMs ?? 0) / 60_000} minutes and timed out. Task ${who.links} is still running.`,
      'Script execution timed out.',
    ]);
    return 'late';
  }
}

/** After 100 ms, and then every 10 min, the log says who is waited for (R164; texts of halibut.md 7.5). */
class Announcement implements Disposable {
  readonly #wait: TurnWait;
  readonly #over = new AbortController();
  readonly #until: AbortSignal;
  #tasks: readonly string[] = [];
  #isSpeaking = false;

  constructor(wait: TurnWait, signal: AbortSignal) {
    this.#wait = wait;
    this.#until = AbortSignal.any([this.#over.signal, signal]);
  }

  get links(): string {
    return this.#tasks.map((task) => `[${task}](~/app#/tasks/${task})`).join(', ');
  }

  blocked(tasks: readonly string[]): void {
    this.#tasks = tasks;
    this.#wait.blocked(tasks);
    if (this.#isSpeaking) return;
    this.#isSpeaking = true;
    this.#speak().catch(() => {}); // only its own end stops it
  }

  async #speak(): Promise<void> {
    const which = this.#wait.record.isolation.exclusive ? 'this' : 'that';
    for (let pauseMs = FIRST_WORD_MS; !this.#until.aborted; pauseMs = NEXT_WORD_MS) {
      await sleep(pauseMs, undefined, { signal: this.#until, ref: false });
      this.#wait.announce([
        '##octopus[stdout-wait]',
        `Waiting for the script in task ${this.links} to finish as ${which} script requires that no other Octopus scripts are executing on this target at the same time.`,
        '##octopus[stdout-default]',
      ]);
    }
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }
}
