import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Groups } from './groups.ts';
import { BOOT, isSame, type ProcessId, readOr, statOf } from './process-id.ts';

interface Seen extends ProcessId {
  readonly parent: number;
  readonly group: number;
  /** It carries the ticket in its environment. */
  readonly isMarked: boolean;
}
/** By what a script's processes are known. */
export interface TreeOf {
  readonly ticket: string;
  readonly supervisor: ProcessId | undefined;
  readonly groups: Groups | undefined;
  /** Of a private script: whatever runs under it is the script's. */
  readonly uid?: number;
  /** What was seen of it before. */
  readonly known?: readonly ProcessId[];
}
/** Processes read in one go, before the event loop gets its turn. */
const BATCH = 200;

/**
 * All that belongs to a script: the supervisor, its process group, what descends from them, what carries the ticket in
 * its environment, and, where there are any, the script's control group and its own user id: nothing leaves those. What
 * was once seen stays part of it, whoever its parent has become.
 */
export class ProcessTree {
  readonly #of: TreeOf;
  readonly #seen = new Set<string>();
  #known: readonly ProcessId[];

  constructor(of: TreeOf) {
    this.#of = of;
    this.#known = of.known ?? [];
  }

  /** How many processes were seen in all. */
  get seen(): number {
    return this.#seen.size;
  }

  isSupervisor(process: ProcessId): boolean {
    return this.#of.supervisor !== undefined && isSame(process, this.#of.supervisor);
  }

  /** End the whole control group at once. The supervisor is not in it. False where that cannot be done. */
  killGroup(): boolean {
    return this.#of.groups?.kill(this.#of.ticket) ?? false;
  }

  /** What of it is alive now. */
  async look(): Promise<readonly ProcessId[]> {
    const { ticket, groups } = this.#of;
    const all = BOOT === '' ? await readPs() : await readProc(`OCTO_TICKET=${ticket}`, this.#of.uid);
    const grouped = groups?.pids(ticket);
    const supervisor = all.find((p) => this.isSupervisor(p));
    const isOurs = (p: Seen) =>
      p.isMarked ||
      grouped?.has(p.pid) === true ||
      p.group === supervisor?.pid ||
      p === supervisor ||
      this.#known.some((known) => isSame(known, p));
    this.#known = withDescendants(all, all.filter(isOurs));
    for (const p of this.#known) this.#seen.add(`${p.pid} ${p.startTime}`);
    return this.#known;
  }
}

function withDescendants(all: readonly Seen[], roots: readonly Seen[]): readonly Seen[] {
  const found = new Map(roots.map((p) => [p.pid, p]));
  for (let before = -1; before < found.size;) {
    before = found.size;
    for (const p of all) if (found.has(p.parent)) found.set(p.pid, p);
  }
  return [...found.values()];
}

async function readProc(mark: string, uid: number | undefined): Promise<readonly Seen[]> {
  const all: Seen[] = [];
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  for (const [n, pid] of pids.entries()) {
    if (n % BATCH === BATCH - 1) await nextTurn();
    const stat = statOf(pid);
    if (!stat || stat.isZombie) continue;
    const isOwned = uid !== undefined && statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === uid;
    const isMarked = isOwned || readOr(`/proc/${pid}/environ`, '').split('\0').includes(mark);
    all.push({ ...stat, pid, boot: BOOT, isMarked });
  }
  return all;
}

/** Where there is no /proc (macOS; not seen running there): group and descendants only, and a pid is all there is. */
async function readPs(): Promise<readonly Seen[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,pgid=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0, group = 0]) => ({ pid, parent, group, startTime: '', boot: '', isMarked: false }));
}
