import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** A process that cannot be mistaken for another: a pid comes again, pid and start time do not. */
export interface ProcessId {
  readonly pid: number;
  /** Kernel ticks since boot (field 22 of /proc/pid/stat); '' where the system does not tell. */
  readonly startTime: string;
  /** Boot of the machine; '' where the system does not tell. */
  readonly boot: string;
}

/** What the supervisor left in `started`: pid, boot id, its line of /proc. Undefined when it is not (yet) whole. */
export function parseStarted(text: string): ProcessId | undefined {
  if (!text.endsWith('\n')) return undefined;
  const [, pid, boot = '', stat = ''] = /^(\d+) (\S*) ?(.*)\n$/.exec(text) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), boot, startTime: startTimeOf(stat) };
}

export function isAlive(id: ProcessId): boolean {
  if (id.boot !== '' && id.boot !== bootId()) return false;
  const stat = statOf(id.pid);
  if (stat === undefined) return id.startTime === '' && answers(id.pid);
  return !isZombie(stat) && (id.startTime === '' || startTimeOf(stat) === id.startTime);
}

/**
 * All that belongs to a script: the supervisor, what descends from it, and what carries its ticket in its environment,
 * so that children which left the process group and the session are found too.
 */
export async function findTree(ticket: string, supervisor: number): Promise<readonly ProcessId[]> {
  const all = readProc(ticket) ?? (await readPs());
  const found = new Map(all.filter((p) => p.pid === supervisor || p.isMarked).map((p) => [p.pid, p]));
  for (let grown = true; grown;) {
    grown = false;
    for (const p of all) {
      if (found.has(p.pid) || !found.has(p.parent)) continue;
      found.set(p.pid, p);
      grown = true;
    }
  }
  return [...found.values()];
}

/** Quiet about a process that is gone, and never hits a pid that has come again. */
export function sendSignal(id: ProcessId, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch {
    // gone, or not ours: whoever asked looks again
  }
}

interface Seen extends ProcessId {
  readonly parent: number;
  readonly isMarked: boolean;
}

function readProc(ticket: string): Seen[] | undefined {
  const boot = bootId();
  if (boot === '') return undefined;
  const mark = `OCTO_TICKET=${ticket}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = statOf(Number(name));
      if (stat === undefined || isZombie(stat)) return [];
      const environment = readOr(`/proc/${name}/environ`, '');
      const isMarked = environment.split('\0').includes(mark);
      const parent = Number(fieldsOf(stat)[1]);
      return [{ pid: Number(name), parent, startTime: startTimeOf(stat), boot, isMarked }];
    });
}

/** Where there is no /proc (macOS; not seen running there): descendants only. */
async function readPs(): Promise<Seen[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0]) => ({ pid, parent, startTime: '', boot: '', isMarked: false }));
}

function bootId(): string {
  return readOr('/proc/sys/kernel/random/boot_id', '').trim();
}
function statOf(pid: number): string | undefined {
  return readOr(`/proc/${pid}/stat`, undefined);
}
/** Fields from the third on: the second is a name in brackets that may hold anything. */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
function startTimeOf(stat: string): string {
  return stat === '' ? '' : (fieldsOf(stat)[19] ?? '');
}
function isZombie(stat: string): boolean {
  return fieldsOf(stat)[0] === 'Z';
}
function answers(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
function readOr<T>(file: string, otherwise: T): string | T {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
