import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { BOOT, isSame, type ProcessId, readOr, statOf } from './process-id.ts';

interface Seen extends ProcessId {
  readonly parent: number;
  readonly group: number;
  /** It carries the ticket in its environment. */
  readonly isMarked: boolean;
}
/** Processes read in one go, before the event loop gets its turn. */
const BATCH = 200;

/**
 * All that belongs to a script: the supervisor, its process group, what descends from them, and what carries the ticket
 * in its environment, so that children which left group and session are found too. What was once seen stays part of it,
 * whoever its parent has become.
 */
export class ProcessTree {
  readonly #ticket: string;
  readonly #supervisor: ProcessId | undefined;
  #known: readonly ProcessId[] = [];

  constructor(ticket: string, supervisor: ProcessId | undefined) {
    this.#ticket = ticket;
    this.#supervisor = supervisor;
  }

  isSupervisor(process: ProcessId): boolean {
    return this.#supervisor !== undefined && isSame(process, this.#supervisor);
  }

  /** What of it is alive now. */
  async look(): Promise<readonly ProcessId[]> {
    const all = BOOT === '' ? await readPs() : await readProc(`OCTO_TICKET=${this.#ticket}`);
    const supervisor = all.find((p) => this.isSupervisor(p));
    const isOurs = (p: Seen) =>
      p.isMarked || p.group === supervisor?.pid || p === supervisor || this.#known.some((known) => isSame(known, p));
    this.#known = withDescendants(all, all.filter(isOurs));
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

async function readProc(mark: string): Promise<readonly Seen[]> {
  const all: Seen[] = [];
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  for (const [n, pid] of pids.entries()) {
    if (n % BATCH === BATCH - 1) await nextTurn();
    const stat = statOf(pid);
    if (!stat || stat.isZombie) continue;
    const isMarked = readOr(`/proc/${pid}/environ`, '').split('\0').includes(mark);
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
