/** Whoever holds or waits, by what others call it in their logs. */
export interface Turn extends Disposable {
  readonly taskId: string;
  readonly isExclusive: boolean;
}
interface Waiter extends Turn {
  readonly enter: () => void;
}
interface Lock {
  readonly holders: Set<Turn>;
  readonly queue: Waiter[];
}

/**
 * Named reader/writer locks (R161): shared turns overlap, an exclusive one is alone. First come, first served; nobody
 * overtakes an exclusive turn that waits (R163). Kept in memory: after a restart, running scripts are given their turn
 * again with `hold`.
 */
export class IsolationMutexes {
  readonly #locks = new Map<string, Lock>();

  /** A turn that is held at once, whatever others do: for a script that already runs. */
  hold(name: string, taskId: string, isExclusive: boolean): Turn {
    const lock = this.#lock(name);
    const turn: Turn = { taskId, isExclusive, [Symbol.dispose]: () => this.#leave(name, turn) };
    lock.holders.add(turn);
    return turn;
  }

  /** Wait for a turn. Rejects with the signal's reason, and then waits no more. */
  take(name: string, taskId: string, isExclusive: boolean, signal: AbortSignal): Promise<Turn> {
    const lock = this.#lock(name);
    return new Promise<Turn>((resolve, reject) => {
      const giveUp = () => {
        lock.queue.splice(lock.queue.indexOf(waiter), 1);
        admit(lock);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        taskId,
        isExclusive,
        enter: () => {
          signal.removeEventListener('abort', giveUp);
          lock.holders.add(waiter);
          resolve(waiter);
        },
        [Symbol.dispose]: () => this.#leave(name, waiter),
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', giveUp, { once: true });
      lock.queue.push(waiter);
      admit(lock);
    });
  }

  /** Tasks whose scripts have their turn now. */
  holders(name: string): readonly string[] {
    return [...new Set([...(this.#locks.get(name)?.holders ?? [])].map((t) => t.taskId))];
  }

  #lock(name: string): Lock {
    const lock = this.#locks.get(name) ?? { holders: new Set(), queue: [] };
    this.#locks.set(name, lock);
    return lock;
  }

  /** May be repeated. */
  #leave(name: string, turn: Turn): void {
    const lock = this.#locks.get(name);
    if (!lock?.holders.delete(turn)) return;
    admit(lock);
    if (lock.holders.size === 0) this.#locks.delete(name); // then nobody waits either
  }
}

function admit(lock: Lock): void {
  for (let first = lock.queue[0]; first && fits(lock, first); first = lock.queue[0]) {
    lock.queue.shift();
    first.enter();
  }
}
function fits({ holders }: Lock, turn: Turn): boolean {
  if (turn.isExclusive) return holders.size === 0;
  return [...holders].every((h) => !h.isExclusive);
}
