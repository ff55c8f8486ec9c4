import { ConflictError } from '@octo/kernel';
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

interface Holder {
  readonly pid: number;
  readonly token: string;
  readonly sinceMs: number;
}
export interface Held extends AsyncDisposable {
  /** False when somebody took the lock for abandoned: nothing may be changed any more. */
  stillMine(): Promise<boolean>;
}
/** Longer than npm and the test load may take together: who holds a lock for longer is another process of that id. */
const ABANDONED_MS = 15 * 60_000;

/**
 * One process at a time changes the plugins. A file with the holder's process id; what a killed process left behind is
 * taken over. Waits at most `waitMs`, then says who holds it.
 */
export async function lock(file: string, waitMs: number): Promise<Held> {
  const mine: Holder = { pid: process.pid, token: randomUUID(), sinceMs: Date.now() };
  const until = Date.now() + waitMs;
  for (;;) {
    if (await create(file, mine)) return held(file, mine);
    const other = await holder(file);
    if (other && !abandoned(other) && Date.now() >= until) throw busy(file, other);
    if (other && abandoned(other)) await takeAway(file, other);
    else await sleep(100);
  }
}

/** Who holds the lock and lives; undefined when it is free. */
export async function liveHolder(file: string): Promise<number | undefined> {
  const found = await holder(file);
  return found && !abandoned(found) ? found.pid : undefined;
}

function held(file: string, mine: Holder): Held {
  const stillMine = async () => (await holder(file))?.token === mine.token;
  return {
    stillMine,
    async [Symbol.asyncDispose]() {
      if (await stillMine()) await rm(file, { force: true });
    },
  };
}

/** Written aside and linked, so that nobody ever sees a lock without its holder. */
async function create(file: string, mine: Holder): Promise<boolean> {
  const aside = `${file}.${randomUUID()}`;
  await writeFile(aside, JSON.stringify(mine));
  try {
    await link(aside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function holder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function abandoned({ pid, sinceMs }: Holder): boolean {
  return Date.now() - sinceMs > ABANDONED_MS || !lives(pid);
}

/** Whether there is such a process, whoever owns it. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** By a rename, so that of two who see the same dead holder only one removes it, and never a living one's file. */
async function takeAway(file: string, dead: Holder): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const taken = await holder(aside);
  if (taken && taken.token !== dead.token) await create(file, taken); // somebody was faster and lives: give it back
  await rm(aside, { force: true });
}

function busy(file: string, { pid }: Holder): ConflictError {
  return new ConflictError('OCTO_PLUGIN_BUSY', `process ${pid} is changing the plugins (${file})`, {
    hint: `wait until it has ended: ps ${pid}`,
  });
}
