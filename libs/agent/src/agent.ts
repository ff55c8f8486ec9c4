import {
  type Bytes,
  type Capabilities,
  type Clock,
  type Launch,
  type Logger,
  type OutputLine,
  type ScriptRef,
  type ScriptStatus,
} from '@octo/kernel';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cleanFolder, removeFolder } from './cleaner.ts';
import { refuseFullDisk } from './disk.ts';
import { findBash, scriptEnvironment } from './environment.ts';
import { Fences } from './fences.ts';
import { type KillLimits } from './kill-tree.ts';
import { IsolationMutexes } from './mutex.ts';
import { type LogSizes } from './output-log.ts';
import { Spawner } from './spawner.ts';
import { Tickets } from './tickets.ts';
import { fetchFile, pathOf, storeFile } from './transfer.ts';

export interface AgentOptions extends Partial<KillLimits>, LogSizes {
  /** Folder of everything below; made with mode 0700. Absolute. */
  readonly root: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log?: Logger;
  /** Added to the environment of every script; PATH replaces that of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A start is refused below this much free disk, after cleaning. Default 500 MiB (R149). */
  readonly minimumFreeBytes?: number;
  /** Left workspaces older than this are deleted. Default one day (R150). */
  readonly keepMs?: number;
  /** How often that is looked for. Default 2 h (R150). */
  readonly cleanEveryMs?: number;
}

const HOUR_MS = 3_600_000;
const KEEP_MS = 24 * HOUR_MS;
/** No node is so late that its starts must still be refused. */
const KEEP_FENCES_MS = 30 * KEEP_MS;

export function openAgent(options: AgentOptions): Agent {
  return new Agent(options);
}

/**
 * What happens on a machine that runs scripts. Scripts run detached and write their own files, so they outlive this
 * object and its process; an agent that is opened on the same folder finds them again by ticket (R142–R147). Its
 * methods keep the promises of `Session` in the kernel. Closing an agent ends no script.
 */
export class Agent implements AsyncDisposable {
  readonly #work: string;
  readonly #files: string;
  readonly #fencesDir: string;
  readonly #options: AgentOptions;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #spawner: Spawner;
  readonly #fences: Fences;
  readonly #tickets: Tickets;
  readonly #timer: NodeJS.Timeout;
  readonly #opening: Promise<void>;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#work = join(options.root, 'work');
    this.#files = join(options.root, 'files');
    this.#fencesDir = join(options.root, 'fences');
    for (const dir of [options.root, this.#work, this.#files]) mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.#fences = new Fences(this.#fencesDir);
    this.#environment = scriptEnvironment(options.environment);
    const bash = findBash(this.#environment['PATH'] ?? '') ?? 'bash';
    this.#spawner = new Spawner({ work: this.#work, bash, environment: this.#environment });
    this.#tickets = new Tickets({
      work: this.#work,
      spawner: this.#spawner,
      mutexes: new IsolationMutexes(),
      clock: options.clock,
      limits: { graceMs: options.graceMs ?? 5_000, killLimitMs: options.killLimitMs ?? 30_000 },
      sizes: options,
      admit: (launch) => this.#admit(launch),
    });
    this.#opening = this.#open();
    this.#timer = setInterval(() => void this.clean(), options.cleanEveryMs ?? 2 * HOUR_MS).unref();
  }

  /** Process id of the shell that starts the scripts, while there is one. */
  get spawnerPid(): number | undefined {
    return this.#spawner.pid;
  }

  /** `agent` names the machine side for people. */
  capabilities(agent: string): Capabilities {
    const hasBash = findBash(this.#environment['PATH'] ?? '') !== undefined;
    return { agent, startsOnce: true, shells: hasBash ? ['bash'] : [], node: process.execPath };
  }

  async start(ticket: string, launch: Launch, signal: AbortSignal): Promise<ScriptStatus> {
    await this.#opening;
    return this.#tickets.start(ticket, launch, signal);
  }
  async status(
    { ticket }: ScriptRef,
    from: { readonly after: string; readonly waitMs: number },
    signal: AbortSignal,
  ): Promise<ScriptStatus> {
    await this.#opening;
    return this.#tickets.status(ticket, from.after, from.waitMs, signal);
  }
  async cancel({ ticket }: ScriptRef): Promise<void> {
    await this.#opening;
    await this.#tickets.cancel(ticket);
  }
  async complete({ ticket }: ScriptRef): Promise<readonly OutputLine[]> {
    await this.#opening;
    await this.#tickets.complete(ticket);
    return [];
  }

  async upload(
    path: string,
    content: Bytes,
    signal: AbortSignal,
    progress?: (sentBytes: number) => void,
  ): Promise<{ readonly path: string }> {
    const file = pathOf(this.#files, path);
    await storeFile(file, content, { progress }, signal);
    return { path: file };
  }
  async download(path: string): Promise<Bytes | undefined> {
    return fetchFile(pathOf(this.#files, path));
  }

  /** Delete what was left behind; scripts that wait or run keep theirs. Never throws; answers with how many went. */
  async clean(): Promise<number> {
    const { clock, log, keepMs = KEEP_MS } = this.#options;
    const workspaces = await cleanFolder({
      root: this.#work,
      olderThanMs: keepMs,
      nowMs: clock.now(),
      isInUse: (name) => this.#tickets.isInUse(name),
      remove: (name) => this.#tickets.remove(name),
    });
    await cleanFolder({
      root: this.#fencesDir,
      olderThanMs: KEEP_FENCES_MS,
      nowMs: clock.now(),
      isInUse: async () => false,
      remove: (name) => removeFolder(join(this.#fencesDir, name)),
    });
    const { removed, stuck } = workspaces;
    if (stuck.length > 0) log?.warn({ workspaces: stuck }, 'old workspaces could not be deleted');
    return removed.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#opening;
    await this.#tickets[Symbol.asyncDispose]();
    this.#spawner[Symbol.dispose]();
  }

  /** Running scripts hold their turns again before anything is started. */
  async #open(): Promise<void> {
    const { log } = this.#options;
    try {
      const running = await this.#tickets.adopt();
      if (running > 0) log?.info({ running }, 'scripts of an earlier process still run; they are watched again');
      await this.clean();
    } catch (error) {
      log?.error({ error: String(error) }, 'the workspaces of this machine cannot be read');
    }
  }

  async #admit(launch: Launch): Promise<void> {
    await refuseFullDisk(this.#work, this.#options.minimumFreeBytes ?? 500 * 1024 * 1024, () => this.clean());
    this.#fences.check(launch.taskId, launch.fence);
  }
}
