import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Groups } from './groups.ts';
import { SPAWNER } from './supervisor.ts';
import { writeQuickly } from './whole-file.ts';

export interface SpawnerOptions {
  /** Folder of the workspaces. */
  readonly work: string;
  readonly bash: string;
  readonly groups: Groups | undefined;
  /** The whole environment of scripts, before what is theirs alone is added. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Starts supervisors through one tiny, long-lived shell. Forking from it costs the same however large this process has
 * grown, and does not block this process's event loop (perf.md, finding 1). It is started anew when it has died.
 */
export class Spawner implements Disposable {
  readonly #options: SpawnerOptions;
  #shell: ChildProcess | undefined;

  constructor(options: SpawnerOptions) {
    this.#options = options;
  }

  /** Have the shell ready before the first ticket. */
  warm(): void {
    this.#shell ??= this.#open();
  }

  /**
   * Hand a prepared ticket over. Resolves once it is on its way; that a supervisor took it is seen by `started`. May be
   * repeated: of two supervisors of one ticket the second gives up. Rejects when the shell cannot be run.
   */
  async launch(ticket: string): Promise<void> {
    for (let triesLeft = 2; ; triesLeft--) {
      const shell = (this.#shell ??= this.#open());
      try {
        return await write(shell, `${ticket} ${this.#options.groups?.make() ?? ''}\n`);
      } catch (error) {
        this.#forget(shell);
        if (triesLeft === 0) throw error;
      }
    }
  }

  /** Process id of the shell. */
  get pid(): number | undefined {
    return this.#shell?.pid;
  }

  [Symbol.dispose](): void {
    this.#shell?.stdin?.end();
    this.#shell = undefined;
  }

  #open(): ChildProcess {
    const { bash, work, groups, environment } = this.#options;
    const place = groups ? [groups.dir, groups.make()] : [];
    const shell = spawn(bash, ['--norc', '--noprofile', layProgram(dirname(work)), bash, work, ...place], {
      cwd: '/',
      env: environment,
      detached: true, // a session of its own: neither a terminal's Ctrl-C nor our end reaches it
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    shell.unref();
    (shell.stdin as { unref?(): void } | null)?.unref?.(); // a pipe is a net.Socket here, which its type hides
    const forget = () => this.#forget(shell);
    shell.once('exit', forget).once('error', forget);
    shell.stdin?.on('error', forget);
    return shell;
  }

  #forget(shell: ChildProcess): void {
    if (this.#shell === shell) this.#shell = undefined;
  }
}

/** As a file, so that a list of processes stays readable; by content, so that nobody changes what a shell still reads. */
function layProgram(dir: string): string {
  const hash = createHash('sha256').update(SPAWNER).digest('hex').slice(0, 12);
  const file = join(dir, `octo-spawner-${hash}.sh`);
  if (!existsSync(file)) writeQuickly(file, SPAWNER);
  return file;
}

function write({ stdin, pid }: ChildProcess, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!stdin || pid === undefined) reject(new Error('the shell that starts scripts cannot be run'));
    else stdin.write(line, (error) => (error ? reject(error) : resolve()));
  });
}
