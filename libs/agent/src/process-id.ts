import { readFileSync } from 'node:fs';

/** A process that cannot be mistaken for another: a pid comes again, pid, start time and boot do not. */
export interface ProcessId {
  readonly pid: number;
  /** Kernel ticks since boot (field 22 of /proc/pid/stat); '' where the system does not tell. */
  readonly startTime: string;
  /** Boot of the machine; '' where the system does not tell. */
  readonly boot: string;
}

/** Identity of this boot of the machine; '' where the system does not tell. */
export const BOOT = readOr('/proc/sys/kernel/random/boot_id', '').trim();

let self: ProcessId | undefined;
/** This process. */
export function thisProcess(): ProcessId {
  return (self ??= { pid: process.pid, startTime: statOf(process.pid)?.startTime ?? '', boot: BOOT });
}

/** What the supervisor left in `started`: pid, boot id, its line of /proc. Undefined when it is not (yet) whole. */
export function parseStarted(text: string | undefined): ProcessId | undefined {
  const [, pid, boot = '', line = ''] = /^(\d+) (\S*) ?(.*)\n$/.exec(text ?? '') ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), boot, startTime: parseStat(line)?.startTime ?? '' };
}

export function isSame(a: ProcessId, b: ProcessId): boolean {
  return a.pid === b.pid && a.startTime === b.startTime && a.boot === b.boot;
}

export function isAlive(id: ProcessId): boolean {
  if (id.boot !== BOOT) return false;
  const stat = statOf(id.pid);
  if (stat) return !stat.isZombie && (id.startTime === '' || stat.startTime === id.startTime);
  return BOOT === '' && answers(id.pid); // no /proc here
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

export interface Stat {
  readonly parent: number;
  readonly group: number;
  readonly startTime: string;
  readonly isZombie: boolean;
}

export function statOf(pid: number): Stat | undefined {
  return parseStat(readOr(`/proc/${pid}/stat`, ''));
}

/** Text of a small file, or `otherwise` where it is not (or not ours) to read. */
export function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}

/** Fields from the third on are counted: the second is a name in brackets that may hold anything. */
function parseStat(line: string): Stat | undefined {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group] = fields;
  const startTime = fields[19];
  if (startTime === undefined) return undefined;
  return { parent: Number(parent), group: Number(group), startTime, isZombie: state === 'Z' || state === 'X' };
}

function answers(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
