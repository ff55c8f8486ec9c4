import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readOr } from './process-id.ts';

/** Groups that are kept for the next scripts. */
const KEPT = 16;

/**
 * A control group (cgroup v2) for each script, where the system lets us have them: whatever a script starts stays in its
 * group, also what has left session and process group, cleared its environment and lost its parents. So its end can be
 * seen and not only guessed (I5). Without them, process-tree.ts has to do with marks and descent.
 */
export class Groups implements Disposable {
  /** Folder of the scripts' groups. */
  readonly dir: string;
  readonly #work: string;
  /** Groups whose scripts are over; somebody may still be in them. The oldest first. */
  readonly #left = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #made = 0;

  private constructor(dir: string, work: string) {
    this.dir = dir;
    this.#work = work;
    this.#timer = setInterval(() => void this.#removeIdle(), 1_000).unref();
  }

  /** `root`: folder of the machine side; each has its groups apart. Undefined where there are none to be had. */
  static open(root: string): Groups | undefined {
    const line = readOr('/proc/self/mountinfo', '')
      .split('\n')
      .find((it) => it.includes(' - cgroup2 '));
    const mount = line?.split(' ')[4]; // proc(5)
    const own = /^0::(.*)$/m.exec(readOr('/proc/self/cgroup', ''))?.[1];
    if (mount === undefined || own === undefined) return undefined;
    const home = ownHome(own);
    const dir = join(mount, home, `octo-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`);
    return works(dir, join(mount, own, 'cgroup.procs')) ? new Groups(dir, join(root, 'work')) : undefined;
  }

  /**
   * A group for the next script; its name. One that nobody is in any more is used again, for making and removing one
   * costs the kernel more than starting a script. '' where none can be made: that script is found by its marks alone.
   */
  make(): string {
    for (const group of [...this.#left].slice(0, 3)) {
      const events = readOr(join(this.dir, group, 'cgroup.events'), '');
      if (events.includes('populated 1')) continue; // also by what the script put into groups of its own below
      this.#left.delete(group);
      if (events !== '') return group;
    }
    const name = `${process.pid}.${++this.#made}`;
    try {
      mkdirSync(join(this.dir, name), { recursive: true });
      return name;
    } catch {
      return '';
    }
  }

  pids(ticket: string): ReadonlySet<number> {
    const group = this.#of(ticket);
    const text = group === undefined ? '' : readOr(join(this.dir, group, 'cgroup.procs'), '');
    return new Set(text.split('\n').filter(Boolean).map(Number));
  }

  /** End all of it at once, whatever it forks meanwhile. False where the kernel cannot (before 5.14). */
  kill(ticket: string): boolean {
    const group = this.#of(ticket);
    if (group === undefined) return false;
    try {
      writeFileSync(join(this.dir, group, 'cgroup.kill'), '1');
      return true;
    } catch {
      return false;
    }
  }

  /** To be told before the workspace goes. A group in which something still runs stays as long as that does. */
  remove(ticket: string): void {
    const group = this.#of(ticket);
    if (group === undefined) return;
    rmSync(join(this.#work, ticket, 'group'), { force: true }); // whoever is in it from now on is not of this script
    this.#left.add(group);
  }

  /** Leave nothing behind, unless scripts go on. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const group of this.#left) quietly(() => rmdirSync(join(this.dir, group)));
    quietly(() => rmdirSync(this.dir));
  }

  /** Groups that nobody is in any more, whoever left them. One of a supervisor that still waits is not empty. */
  sweep(): void {
    if (!existsSync(this.dir)) return;
    for (const entry of readdirSync(this.dir, { withFileTypes: true }))
      if (entry.isDirectory()) quietly(() => rmdirSync(join(this.dir, entry.name)));
  }

  /** The supervisor leaves its name. */
  #of(ticket: string): string | undefined {
    return /^[\d.]+$/m.exec(readOr(join(this.#work, ticket, 'group'), ''))?.[0];
  }

  /** The kernel takes some 10 ms for each: not while anybody waits. A few are kept for the next scripts. */
  async #removeIdle(): Promise<void> {
    for (const group of [...this.#left].slice(KEPT)) {
      this.#left.delete(group);
      await rmdir(join(this.dir, group)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') this.#left.add(group); // somebody is still in it
      });
    }
  }
}

/** To move a process one needs the right to write where it goes, and where it comes from. */
function works(dir: string, own: string): boolean {
  const probe = join(dir, `probe-${process.pid}`);
  try {
    mkdirSync(probe, { recursive: true });
    const may = readFileSync(join(probe, 'cgroup.procs'), 'utf8') === '';
    accessSync(own, constants.W_OK);
    return may;
  } catch {
    return false;
  } finally {
    for (const made of [probe, dir]) quietly(() => rmdirSync(made));
  }
}

/** A server that was itself started by a script of octo takes its groups from beside that script's, not inside. */
function ownHome(own: string): string {
  return own.replace(/\/octo-[0-9a-f]{16}(\/.*)?$/, '') || '/';
}

/** What is busy, or not there (any more), may stay so. */
function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // as said
  }
}
