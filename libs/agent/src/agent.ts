import {
  type Bytes,
  type Clock,
  type Launch,
  type OutputLine,
  ScriptExit,
  type ScriptRef,
  type ScriptStatus,
  TransportError,
} from '@octo/kernel';
import { existsSync, mkdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanFolders, removeWorkspace } from './cleaner.ts';
import { scriptEnvironment } from './environment.ts';
import { Fences } from './fences.ts';
import { IsolationMutexes } from './mutex.ts';
import { prepare } from './prepare.ts';
import { isAlive, parseStarted } from './process-tree.ts';
import { type LaunchRecord, type RunDeps, ScriptRun } from './script-run.ts';
import { Spawner } from './spawner.ts';
import { fetchFile, storeFile } from './transfer.ts';
import { readText } from './whole-file.ts';
import { checkTicket, workspaceAt } from './workspace.ts';

export interface AgentOptions {
  /** Folder of everything below; made with mode 0700. Absolute. */
  readonly root: string;
  readonly clock: Clock;
  /** Added to the environment of every script. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Between SIGTERM and SIGKILL. Default 5 s. */
  readonly graceMs?: number;
  /** From SIGKILL until what still lives is called abandoned. Default 30 s. */
  readonly killLimitMs?: number;
  /** A start is refused below this much free disk, after cleaning. Default 500 MiB (R149). */
  readonly minimumFreeBytes?: number;
  /** Left workspaces older than this are deleted. Default one day (R150). */
  readonly keepMs?: number;
}

const HOUR_MS = 3_600_000;

/**
 * What happens on a machine that runs scripts. Scripts run detached and write their own files, so they outlive this
 * object and its process; an agent that is opened on the same folder finds them again by ticket (R142–R147).
 * Closing an agent ends no script.
 */
export class Agent implements AsyncDisposable {
  readonly #work: string;
  readonly #files: string;
  readonly #options: AgentOptions;
  readonly #spawner: Spawner;
  readonly #fences: Fences;
  readonly #deps: RunDeps;
  readonly #runs = new Map<string, Promise<ScriptRun | undefined>>();
  readonly #cleaning: NodeJS.Timeout;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#work = join(options.root, 'work');
    this.#files = join(options.root, 'files');
    for (const dir of [options.root, this.#work, this.#files]) mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.#fences = new Fences(join(options.root, 'fences'));
    this.#spawner = new Spawner({ environment: scriptEnvironment(options.environment) });
    this.#deps = {
      spawner: this.#spawner,
      mutexes: new IsolationMutexes(),
      clock: options.clock,
      limits: { graceMs: options.graceMs ?? 5_000, killLimitMs: options.killLimitMs ?? 30_000 },
    };
    this.#cleaning = setInterval(() => void this.clean(), 2 * HOUR_MS).unref();
    void this.clean();
  }

  /** Process id of the spawner, once something was started. */
  get spawnerPid(): number | undefined {
    return this.#spawner.pid;
  }

  async start(ticket: string, launch: Launch, signal: AbortSignal): Promise<ScriptStatus> {
    checkTicket(ticket);
    signal.throwIfAborted();
    const known = await this.#find(ticket);
    const run = known ?? (await this.#begin(ticket, launch, signal));
    return run.status(0);
  }

  async status(
    { ticket }: ScriptRef,
    from: { readonly after: string; readonly waitMs: number },
    signal: AbortSignal,
  ): Promise<ScriptStatus> {
    checkTicket(ticket);
    const run = await this.#find(ticket);
    if (!run)
      return { lines: [], next: from.after, state: 'Complete', end: 'unstarted', exitCode: ScriptExit.UnknownScript };
    const after = Number(from.after || 0);
    const untilMs = performance.now() + from.waitMs;
    for (;;) {
      const status = run.status(after);
      const leftMs = untilMs - performance.now();
      if (status.lines.length > 0 || status.state === 'Complete' || leftMs <= 0) return status;
      await run.news(leftMs, signal);
    }
  }

  async cancel({ ticket }: ScriptRef): Promise<void> {
    checkTicket(ticket);
    (await this.#find(ticket))?.cancel();
  }

  async complete({ ticket }: ScriptRef): Promise<readonly OutputLine[]> {
    checkTicket(ticket);
    const run = await this.#find(ticket);
    this.#runs.delete(ticket);
    await run?.[Symbol.asyncDispose]();
    await removeWorkspace(join(this.#work, ticket));
    return [];
  }

  async upload(path: string, content: Bytes, signal: AbortSignal, progress?: (sentBytes: number) => void) {
    return { path: await storeFile(this.#files, path, content, { progress }, signal) };
  }
  download(path: string): Promise<Bytes | undefined> {
    return fetchFile(this.#files, path);
  }

  /** Delete workspaces that were left behind; running scripts keep theirs. */
  async clean(): Promise<number> {
    const { clock, keepMs = 24 * HOUR_MS } = this.#options;
    return cleanFolders(this.#work, keepMs, clock.now(), async (name) => {
      const run = await this.#runs.get(name);
      const supervisor = parseStarted(readText(workspaceAt(join(this.#work, name)).started) ?? '');
      return (run !== undefined && !run.isOver) || (supervisor !== undefined && isAlive(supervisor));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#cleaning);
    for (const run of this.#runs.values()) await (await run.catch(() => undefined))?.[Symbol.asyncDispose]();
    this.#runs.clear();
    await this.#spawner[Symbol.asyncDispose]();
  }

  /** The run of a ticket that is known here or on disk. Several callers get the same one. */
  #find(ticket: string): Promise<ScriptRun | undefined> {
    const known = this.#runs.get(ticket);
    if (known) return known;
    if (!existsSync(workspaceAt(join(this.#work, ticket)).record)) return Promise.resolve(undefined);
    return this.#remember(ticket, async () => this.#open(ticket));
  }

  #begin(ticket: string, launch: Launch, signal: AbortSignal): Promise<ScriptRun> {
    const known = this.#runs.get(ticket);
    if (known) return known as Promise<ScriptRun>; // another caller came first, in the same moment
    return this.#remember(ticket, async () => {
      await this.#refuseFullDisk();
      this.#fences.check(launch.taskId, launch.fence);
      await prepare(this.#work, ticket, launch, this.#options.clock.now(), signal);
      return this.#open(ticket);
    });
  }

  /** A failure is not remembered: the next caller tries anew. */
  #remember(ticket: string, make: () => Promise<ScriptRun>): Promise<ScriptRun> {
    const run = make();
    this.#runs.set(ticket, run);
    run.catch(() => this.#runs.delete(ticket));
    return run;
  }

  async #open(ticket: string): Promise<ScriptRun> {
    const workspace = workspaceAt(join(this.#work, ticket));
    const record = JSON.parse(readText(workspace.record) ?? '{}') as LaunchRecord; // written by prepare()
    const run = new ScriptRun(ticket, workspace, record, this.#deps);
    await run.begin();
    return run;
  }

  async #refuseFullDisk(): Promise<void> {
    const minimum = this.#options.minimumFreeBytes ?? 500 * 1024 * 1024;
    if ((await freeBytes(this.#work)) >= minimum) return;
    await this.clean();
    const free = await freeBytes(this.#work);
    if (free >= minimum) return;
    const mebi = (bytes: number) => `${Math.floor(bytes / 1024 / 1024)} MiB`;
    throw new TransportError(
      'OCTO_TRANSPORT_DISK_FULL',
      `only ${mebi(free)} are free for workspaces, ${mebi(minimum)} are needed`,
      {
        started: 'no',
        hint: `make room on the disk of ${this.#work}`,
      },
    );
  }
}

async function freeBytes(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}
