import { closeSync, constants, fstatSync, openSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { BOOT } from './process-id.ts';

/**
 * Open a file that a script has named, provided that the script's own account may read it: we run as root, and a script
 * must not get from us what it could not get itself. Answers with the descriptor. What was opened is judged, not the
 * name, so that exchanging it meanwhile is of no use. Undefined: no such file for that account.
 */
export function openAs(file: string, uid: number, gid: number): number | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  const stat = fstatSync(fd);
  if (stat.isFile() && allows(stat, 4, uid, gid) && isReachable(pathOf(fd, file), uid, gid)) return fd;
  closeSync(fd);
  return undefined;
}

function pathOf(fd: number, file: string): string {
  return BOOT === '' ? realpathSync(file) : readlinkSync(`/proc/self/fd/${fd}`);
}

/** True when every folder above lets the account pass. */
function isReachable(path: string, uid: number, gid: number): boolean {
  for (let dir = dirname(path); ; dir = dirname(dir)) {
    const stat = statSync(dir, { throwIfNoEntry: false });
    if (!stat || !allows(stat, 1, uid, gid)) return false;
    if (dir === dirname(dir)) return true;
  }
}

/** Right 4 is to read, 1 to pass a folder. Supplementary groups and access lists are left aside: less is given, never more. */
function allows({ mode, ...owner }: Stats, right: 1 | 4, uid: number, gid: number): boolean {
  const shift = owner.uid === uid ? 6 : owner.gid === gid ? 3 : 0;
  return ((mode >> shift) & right) === right;
}
