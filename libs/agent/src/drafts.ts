import { randomBytes } from 'node:crypto';
import { glob, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeFolder } from './cleaner.ts';
import { BOOT, isAlive, statOf } from './process-id.ts';

const startTime = statOf(process.pid)?.startTime ?? '';

/** Name of a workspace while it is being made: it says who makes it, for several processes may share the folder. */
export function draftName(ticket: string): string {
  return `.${ticket}-${process.pid}-${startTime}-${randomBytes(6).toString('hex')}`;
}

/** Delete what died in the middle of its making: nobody will ever ask for it, and it may hold secret files. */
export async function removeDeadDrafts(work: string): Promise<void> {
  const dead = (await readdir(work)).filter((name) => {
    const [, pid, since = ''] = /^\.\w+-(\d+)-(\d*)-\w+$/.exec(name) ?? [];
    return pid !== undefined && !isAlive({ pid: Number(pid), startTime: since, boot: BOOT });
  });
  await Promise.all(dead.map((name) => removeFolder(join(work, name))));
}

/** Uploads that were cut and that nobody went on with. Never throws for one that is just being finished. */
export async function removeOldParts(files: string, olderThanMs: number, nowMs: number): Promise<void> {
  for await (const part of glob('**/*.part', { cwd: files })) {
    const path = join(files, part);
    const found = await stat(path).catch(() => undefined);
    if (found && nowMs - found.mtimeMs > olderThanMs) await rm(path, { force: true });
  }
}
