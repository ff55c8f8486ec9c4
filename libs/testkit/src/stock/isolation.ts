import { type ScriptLog } from './script-log.ts';

/** Exit codes of Octopus.Tentacle.Contracts (halibut.md 5.3). */
export const EXIT = {
  fatal: -41,
  noShell: -42,
  canceled: -43,
  timeout: -44,
  unknownScript: -45,
  unknownResult: -46,
} as const;

export interface Isolation {
  readonly isFull: boolean;
  readonly name: string;
  /** 0 is for ever. */
  readonly timeoutMs: number;
  readonly taskId: string;
}

interface Waiter {
  readonly wanted: Isolation;
  readonly enter: () => void;
}

const FOR_EVER_MS = 2_147_483_647;

/** The isolation mutexes of one agent process: a reader/writer lock per name, first come first served (7.5). */
export class Mutexes {
  readonly #held = new Map<string, Set<Isolation>>();
  readonly #waiting = new Map<string, Waiter[]>();

  /** The exit code with which the script ends when it could not be acquired, else how to give it back. */
  async acquire(wanted: Isolation, log: ScriptLog, signal: AbortSignal): Promise<number | (() => void)> {
    const level = wanted.isFull ? 'FullIsolation' : 'NoIsolation';
    log.addBlock('verbose', `Acquiring isolation mutex ${wanted.name} with ${level} in ${wanted.taskId}`);
    const { promise, resolve } = Promise.withResolvers<'entered' | 'timeout' | 'canceled'>();
    const waiter = { wanted, enter: () => resolve('entered') };
    this.#queue(wanted.name).push(waiter);
    this.#admit(wanted.name);
    const cancel = () => resolve('canceled');
    signal.addEventListener('abort', cancel);
    if (signal.aborted) cancel();
    const busy = setTimeout(() => log.addBlock('wait', this.#waitText(wanted)), 100);
    const out = setTimeout(() => resolve('timeout'), wanted.timeoutMs === 0 ? FOR_EVER_MS : wanted.timeoutMs);
    const outcome = await promise;
    signal.removeEventListener('abort', cancel);
    clearTimeout(busy);
    clearTimeout(out);
    if (outcome === 'entered') return () => this.#leave(wanted);
    this.#forget(waiter);
    return this.#givenUp(wanted, outcome, log);
  }

  #givenUp(wanted: Isolation, outcome: 'timeout' | 'canceled', log: ScriptLog): number {
    const others = `Task ${this.#holders(wanted)} is still running.`;
    const minutes = Math.round(wanted.timeoutMs / 60_000);
    log.add(
      'stdout',
      outcome === 'timeout'
        ? `This task waited more than ${minutes} minutes and timed out. ${others}`
        : `This task was canceled before it could start. ${others}`,
    );
    log.add('stdout', `Script execution ${outcome === 'timeout' ? 'timed out' : 'canceled'}.`);
    return outcome === 'timeout' ? EXIT.timeout : EXIT.canceled;
  }

  #waitText(wanted: Isolation): string {
    const which = wanted.isFull ? 'this' : 'that';
    const task = `Waiting for the script in task ${this.#holders(wanted)} to finish`;
    return `${task} as ${which} script requires that no other Octopus scripts are executing on this target at the same time.`;
  }

  #holders({ name }: Isolation): string {
    return [...(this.#held.get(name) ?? [])].map(({ taskId }) => `[${taskId}](~/app#/tasks/${taskId})`).join(', ');
  }

  #queue(name: string): Waiter[] {
    const queue = this.#waiting.get(name) ?? [];
    this.#waiting.set(name, queue);
    return queue;
  }

  #admit(name: string): void {
    const held = this.#held.get(name) ?? new Set<Isolation>();
    this.#held.set(name, held);
    const queue = this.#queue(name);
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const isShared = !first.wanted.isFull && [...held].every(({ isFull }) => !isFull);
      if (held.size > 0 && !isShared) return;
      queue.shift();
      held.add(first.wanted);
      first.enter();
    }
  }

  /** Who gave up may have been let in meanwhile. */
  #forget(waiter: Waiter): void {
    const queue = this.#queue(waiter.wanted.name);
    const at = queue.indexOf(waiter);
    if (at >= 0) queue.splice(at, 1);
    this.#leave(waiter.wanted);
  }

  #leave(held: Isolation): void {
    this.#held.get(held.name)?.delete(held);
    this.#admit(held.name);
  }
}
