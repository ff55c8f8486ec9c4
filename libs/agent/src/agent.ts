import {
  type Bytes,
  type Capabilities,
  type Clock,
  type Launch,
  type Logger,
  type OutputLine,
  type ScriptLimits,
  type ScriptRef,
  type ScriptStatus,
} from '@octo/kernel';
import { chmodSync, closeSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, sep } from 'node:path';
import { type Account, Accounts } from './account.ts';
import { cleanFiles } from './clean-files.ts';
import { cleanFolder, removeFolder } from './cleaner.ts';
import { refuseFullDisk } from './disk.ts';
import { removeDeadDrafts, removeOldParts } from './drafts.ts';
import { Enclosure } from './enclosure.ts';
import { findBash, platform, scriptEnvironment } from './environment.ts';
import { Fences } from './fences.ts';
import { Groups } from './groups.ts';
import { type KillLimits } from './kill-tree.ts';
import { openAs } from './may-read.ts';
import { type LogSizes } from './output-log.ts';
import { Spawner } from './spawner.ts';
import { Tickets } from './tickets.ts';
import { fetchFile, fetchFileAs, keptBytes, pathOf, storeFile } from './transfer.ts';
import { IsolationTurns } from './turns.ts';

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
  /** Left workspaces go, the oldest first, until they take no more than this together. Default 10 GiB. */
  readonly keepBytes?: number;
  /** How often that is looked for. Default 2 h (R150). */
  readonly cleanEveryMs?: number;
  /** As whom scripts run. Default: as this process (R20). */
  readonly account?: Account;
  /** A file of ours that the account of scripts must not be able to read; proved before the first start (R22, R23). */
  readonly secretFile?: string;
  /** What every script may take at most, unless its launch says something else. Default: 1 GiB of output. */
  readonly limits?: ScriptLimits;
  /** The Node that tools may use. Default: the one that runs us; `null`: none, one has to be shipped. */
  readonly node?: string | null;
}

const HOUR_MS = 3_600_000;
const KEEP_MS = 24 * HOUR_MS;
/** No node is so late that its starts must still be refused. */
const KEEP_FENCES_MS = 30 * KEEP_MS;
const GIBI = 1024 ** 3;
const LIMITS: ScriptLimits = { outputBytes: GIBI };
/** May read what everybody may. */
const NOBODY = { uid: 65_534, gid: 65_534 };

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
  readonly #turns: IsolationTurns;
  readonly #groups: Groups | undefined;
  readonly #accounts: Accounts;
  readonly #enclosure: Enclosure;
  readonly #tickets: Tickets;
  readonly #timer: NodeJS.Timeout;
  readonly #opening: Promise<void>;
  #proof: Promise<void> | undefined;

  constructor(options: AgentOptions) {
    const { root } = options;
    this.#options = options;
    this.#work = join(root, 'work');
    this.#files = join(root, 'files');
    this.#fencesDir = join(root, 'fences');
    this.#accounts = new Accounts(options.account ?? { kind: 'own' }, join(root, 'uids'));
    for (const dir of [root, this.#work, this.#files]) this.#makeFolder(dir);
    this.#fences = new Fences(this.#fencesDir);
    this.#turns = new IsolationTurns(join(root, 'turns'), this.#work);
    this.#groups = Groups.open(root);
    this.#environment = scriptEnvironment(options.environment);
    const path = this.#environment['PATH'] ?? '';
    const bash = findBash(path) ?? 'bash';
    this.#enclosure = new Enclosure({ root, bash, path });
    const places = { work: this.#work, groups: this.#groups };
    this.#spawner = new Spawner({ ...places, bash, environment: this.#environment });
    this.#tickets = new Tickets({
      work: this.#work,
      spawner: this.#spawner,
      turns: this.#turns,
      groups: this.#groups,
      accounts: this.#accounts,
      wordsFor: (identity, tmp) => this.#enclosure.wordsFor(identity, tmp),
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

  /** `agent` names the machine side for people. Rejects when scripts cannot run as whom they should (R22). */
  async capabilities(agent: string): Promise<Capabilities> {
    await this.#prove();
    const hasBash = findBash(this.#environment['PATH'] ?? '') !== undefined;
    const node = this.#node();
    return {
      agent,
      startsOnce: true,
      shells: hasBash ? ['bash'] : [],
      ...(node !== undefined && { node }),
      platform: platform(),
      limits: true,
      scriptsRunAs: this.#scriptsRunAs(),
    };
  }

  async start(ticket: string, launch: Launch, signal: AbortSignal): Promise<ScriptStatus> {
    await this.#opening;
    const limits = { ...(this.#options.limits ?? LIMITS), ...launch.limits };
    return this.#tickets.start(ticket, { ...launch, limits }, signal);
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
    const isShared = this.#accounts.isOther && !isAbsolute(path);
    await storeFile(file, content, { progress, isShared }, signal);
    return { path: file };
  }
  /** Bytes of this content that came before its upload was cut; it goes on behind them. */
  async uploadedBytes(path: string, sha256: string): Promise<number> {
    return keptBytes(pathOf(this.#files, path), sha256);
  }
  async download(path: string): Promise<Bytes | undefined> {
    const file = pathOf(this.#files, path);
    if (!this.#accounts.isOther || !isAbsolute(path)) return fetchFile(file);
    return fetchFileAs(file, this.#ownerOf(file));
  }

  /** Delete what was left behind; scripts that wait or run keep theirs. Never throws; answers with how many went. */
  async clean(): Promise<number> {
    const { clock, log, keepMs = KEEP_MS } = this.#options;
    const workspaces = await cleanFolder({
      root: this.#work,
      olderThanMs: keepMs,
      keepBytes: this.#options.keepBytes ?? 10 * GIBI,
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
    await removeOldParts(this.#files, keepMs, clock.now());
    this.#turns.sweep(clock.now());
    this.#groups?.sweep();
    for (const { uid, ticket } of this.#accounts.holders())
      if (!existsSync(join(this.#work, ticket))) this.#accounts.release(uid, ticket);
    const { removed, stuck } = workspaces;
    if (stuck.length > 0) log?.warn({ workspaces: stuck }, 'old workspaces could not be deleted');
    return removed.length;
  }

  /** Delete what was uploaded longer ago than that: packages, tools, what a server no longer knows (R180). */
  async cleanFiles(olderThanMs: number): Promise<number> {
    const removed = await cleanFiles(this.#files, Math.max(olderThanMs, KEEP_MS), this.#options.clock.now());
    return removed + (await this.clean());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#opening;
    await this.#tickets[Symbol.asyncDispose]();
    this.#turns[Symbol.dispose]();
    this.#groups?.[Symbol.dispose]();
    this.#spawner[Symbol.dispose]();
  }

  /** Running scripts hold their turns again before anything is started. */
  async #open(): Promise<void> {
    const { log } = this.#options;
    try {
      await removeDeadDrafts(this.#work);
      const running = await this.#tickets.adopt();
      if (running > 0) log?.info({ running }, 'scripts of an earlier process still run; they are watched again');
      await this.clean();
    } catch (error) {
      log?.error({ error: String(error) }, 'the workspaces of this machine cannot be read');
    }
  }

  /** Once, before the first script: a machine that cannot run them as it should does not run them. */
  #prove(): Promise<void> {
    const identity = this.#accounts.probe;
    if (!identity) return Promise.resolve();
    this.#proof ??= this.#enclosure.prove(identity, this.#options.secretFile ?? this.#proofFile());
    this.#proof.catch(() => (this.#proof = undefined)); // looked at anew the next time
    return this.#proof;
  }

  #proofFile(): string {
    const file = join(this.#options.root, 'secret');
    writeFileSync(file, 'nobody else can read this\n', { mode: 0o600 });
    return file;
  }

  #scriptsRunAs(): string {
    const { account = { kind: 'own' } } = this.#options;
    if (account.kind === 'own') return 'the account of this process';
    if (account.kind === 'user') return `${account.name} (${account.uid}:${account.gid}), all of them`;
    return `a user of its own each (${account.from}-${account.to}), kept apart by ${this.#enclosure.walls}`;
  }

  /** Ours only where the account of scripts may run it, too. */
  #node(): string | undefined {
    const { node = process.execPath } = this.#options;
    const identity = this.#accounts.probe;
    if (node === null) return undefined;
    if (!identity) return node;
    const fd = openAs(node, identity.uid, identity.gid);
    if (fd === undefined) return undefined;
    closeSync(fd);
    return node;
  }

  /** Whose file a script names: its own, when it lies in its workspace; else what everybody's is. */
  #ownerOf(file: string): { readonly uid: number; readonly gid: number } {
    const [ticket = ''] = file.startsWith(this.#work + sep) ? file.slice(this.#work.length + 1).split(sep) : [];
    const { account } = this.#options;
    if (account?.kind === 'user') return account;
    return statSync(join(this.#work, ticket, 'space'), { throwIfNoEntry: false }) ?? NOBODY;
  }

  /** The account of scripts passes through ours; it cannot list them. */
  #makeFolder(dir: string): void {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (this.#accounts.isOther) chmodSync(dir, 0o711);
  }

  async #admit(launch: Launch): Promise<void> {
    await this.#prove();
    await refuseFullDisk(this.#work, this.#options.minimumFreeBytes ?? 500 * 1024 * 1024, () => this.clean());
    this.#fences.check(launch.taskId, launch.fence);
  }
}
