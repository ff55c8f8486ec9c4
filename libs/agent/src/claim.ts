import { ConflictError } from '@octo/kernel';
import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BOOT, isAlive, isSame, type ProcessId, thisProcess } from './process-id.ts';
import { readText } from './whole-file.ts';

/**
 * One agent at a time on a folder: two would answer for the same scripts, and each be asked about those of the other. What
 * a process left that is dead counts no more. Throws OCTO_AGENT_TWICE. Several in one process are its own affair.
 */
export function claimFolder(folder: string): Disposable {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'agent.pid');
  const self = thisProcess();
  for (let triesLeft = 3; ; triesLeft--) {
    const holder = parse(readText(file));
    if (holder && isSame(holder, self)) break;
    if (holder && isAlive(holder)) throw twice(folder, holder);
    if (triesLeft === 0) throw new Error(`${file} is written by several at once`);
    rmSync(file, { force: true });
    if (isTaken(file, self)) break;
  }
  return { [Symbol.dispose]: () => release(file, self) };
}

/** Whole and only once: a link to a file that is there already fails. */
function isTaken(file: string, { pid, startTime }: ProcessId): boolean {
  const draft = `${file}.${pid}`;
  writeFileSync(draft, `${pid} ${startTime} ${BOOT}\n`, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

function release(file: string, self: ProcessId): void {
  const holder = parse(readText(file));
  if (holder && isSame(holder, self)) rmSync(file, { force: true });
}

function parse(text: string | undefined): ProcessId | undefined {
  const [, pid, startTime = '', boot = ''] = /^(\d+) (\S*) (\S*)\n$/.exec(text ?? '') ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), startTime, boot };
}

function twice(folder: string, { pid }: ProcessId): ConflictError {
  return new ConflictError('OCTO_AGENT_TWICE', `an agent runs on ${folder} already, as process ${pid}`, {
    hint: 'stop that one first, or give this one an instance of its own',
  });
}
