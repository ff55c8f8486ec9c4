import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { userInfo } from 'node:os';
import { splitArguments } from './command-line.ts';
import { EXIT, type Isolation, type Mutexes } from './isolation.ts';
import { type ScriptLog } from './script-log.ts';

export const STATE = { pending: 0, running: 1, complete: 2 } as const;

export interface Launch {
  readonly workspace: string;
  readonly arguments: readonly string[];
  readonly isolation: Isolation;
  readonly env: Readonly<Record<string, string>>;
}

const SHELL = '/bin/bash';
/** Output that is still to come when the shell has ended is waited for so long (halibut.md 7.5). */
const LAST_OUTPUT_MS = 5000;

/** One script from its mutex to its exit code. */
export class RunningScript {
  readonly log: ScriptLog;
  readonly #cancel = new AbortController();
  readonly #onState: (script: RunningScript) => void;
  readonly finished: Promise<void>;
  #child: ChildProcess | undefined;
  #isAbandoned = false;
  state: number = STATE.pending;
  exitCode = 0;

  constructor(launch: Launch, log: ScriptLog, mutexes: Mutexes, onState: (script: RunningScript) => void) {
    this.log = log;
    this.#onState = onState;
    this.finished = this.#run(launch, mutexes);
  }

  /** While it waits: it ends with -43. While it runs: the whole process group is killed at once. */
  cancel(): void {
    this.#cancel.abort();
    this.kill();
  }

  kill(): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // the group has ended meanwhile
    }
  }

  /** The agent dies, or forgets the script: what waits never starts, what runs is not read, and not written down. */
  abandon(): void {
    this.#isAbandoned = true;
    this.log.freeze();
    this.#cancel.abort();
    this.#child?.stdout?.destroy();
    this.#child?.stderr?.destroy();
  }

  async #run(launch: Launch, mutexes: Mutexes): Promise<void> {
    await sleep(0); // the answer to a start that does not wait says Pending, as it was seen
    const acquired = await mutexes.acquire(launch.isolation, this.log, this.#cancel.signal);
    if (typeof acquired === 'number') return this.#become(STATE.complete, acquired);
    try {
      if (this.#isAbandoned) return;
      this.#become(STATE.running, 0);
      this.#become(STATE.complete, await this.#shell(launch));
    } finally {
      acquired();
    }
  }

  #become(state: number, exitCode: number): void {
    if (this.#isAbandoned) return;
    this.state = state;
    this.exitCode = exitCode;
    this.#onState(this);
  }

  async #shell({ workspace, arguments: given, env }: Launch): Promise<number> {
    this.log.add('debug', 'Executable directory is /bin');
    this.log.add('debug', `Executable name or full path: ${SHELL}`);
    this.log.add(
      'debug',
      `Starting ${SHELL} in working directory '${workspace}' using 'Unicode (UTF-8)' encoding running as '${userInfo().username}'`,
    );
    const line = `"${workspace.replaceAll("'", "''")}/Bootstrap.sh" ${given.join(' ')}`;
    const child = spawn(SHELL, splitArguments(line), {
      cwd: workspace,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#child = child;
    createInterface({ input: child.stdout, crlfDelay: Infinity }).on('line', (text) => this.log.add('stdout', text));
    createInterface({ input: child.stderr, crlfDelay: Infinity }).on('line', (text) => this.log.add('stderr', text));
    const closed = once(child, 'close').catch(() => undefined);
    const code = await exitCodeOf(child, this.log);
    await Promise.race([closed, sleep(LAST_OUTPUT_MS, undefined, { ref: false })]);
    return this.#ended(code, workspace);
  }

  /** A script that was cancelled is reported as it was seen: -1 whatever killed it, with four lines of .NET (12). */
  #ended(code: number, workspace: string): number {
    const shown = this.#cancel.signal.aborted ? -1 : code;
    if (this.#cancel.signal.aborted) {
      this.log.add('debug', 'Swallowing InvalidOperationException calling CancelErrorRead.');
      this.log.add('debug', 'Swallowing InvalidOperationException calling CancelOutputRead.');
      for (const _ of ['stdout', 'stderr'])
        this.log.add('debug', 'Swallowing OperationCanceledException while waiting for last of the process output.');
    }
    if (shown !== EXIT.noShell) this.log.add('debug', `Process ${SHELL} in ${workspace} exited with code ${shown}`);
    return shown;
  }
}

const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

async function exitCodeOf(child: ChildProcess, log: ScriptLog): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  child.once('exit', (code, signal) => resolve(code ?? 128 + (SIGNALS[signal ?? ''] ?? 0)));
  child.once('error', (error) => {
    log.add('stderr', error.message);
    log.add('stderr', String(error.stack));
    resolve(EXIT.noShell);
  });
  return await promise;
}
