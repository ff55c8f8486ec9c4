import { setTimeout as sleep } from 'node:timers/promises';
import { type IsolationMutexes, type Turn } from './mutex.ts';
import { type LaunchRecord } from './record.ts';

export interface TurnWait {
  readonly mutexes: IsolationMutexes;
  readonly record: LaunchRecord;
  /** Writes lines into the waiting script's own log. */
  announce(lines: readonly string[]): void;
}
const FIRST_WORD_MS = 100;
const NEXT_WORD_MS = 600_000;
/** Longest wait that a timer can hold; about 25 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Wait until the isolation of the launch lets it run (R160–R165). 'late' when its own time limit came first. While it
 * waits, its log says for whom. Rejects with the signal's reason.
 */
export async function waitForTurn(wait: TurnWait, signal: AbortSignal): Promise<Turn | 'late'> {
  const { mutex, exclusive, timeoutMs } = wait.record.isolation;
  const limit = timeoutMs ? AbortSignal.timeout(Math.min(timeoutMs, LONGEST_MS)) : undefined;
  const either = limit ? AbortSignal.any([signal, limit]) : signal;
  using _announcing = announceWait(wait, signal);
  try {
    return await wait.mutexes.take(mutex, wait.record.taskId, exclusive, either);
  } catch {
    signal.throwIfAborted();
    const minutes = (timeoutMs ?? 0) / 60_000;
    wait.announce([
      `This task waited more than ${minutes} minutes and timed out. Task ${holders(wait)} is still running.`,
      'Script execution timed out.',
    ]);
    return 'late';
  }
}

/** After 100 ms, and then every 10 min, the log says who is waited for (R164; texts of halibut.md 7.5). */
function announceWait(wait: TurnWait, signal: AbortSignal): Disposable {
  const over = new AbortController();
  const until = AbortSignal.any([over.signal, signal]);
  const which = wait.record.isolation.exclusive ? 'this' : 'that';
  const announce = async () => {
    for (let pauseMs = FIRST_WORD_MS; !until.aborted; pauseMs = NEXT_WORD_MS) {
      await sleep(pauseMs, undefined, { signal: until, ref: false });
      wait.announce([
        '##octopus[stdout-wait]',
        `Waiting for the script in task ${holders(wait)} to finish as ${which} script requires that no other Octopus scripts are executing on this target at the same time.`,
        '##octopus[stdout-default]',
      ]);
    }
  };
  announce().catch(() => {}); // only its own end stops it
  return { [Symbol.dispose]: () => over.abort() };
}

function holders({ mutexes, record }: TurnWait): string {
  const tasks = mutexes.holders(record.isolation.mutex);
  return tasks.map((task) => `[${task}](~/app#/tasks/${task})`).join(', ');
}
