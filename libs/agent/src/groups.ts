import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readOr } from './process-id.ts';

/**
 * A control group (cgroup v2) for each script, where the system lets us have them: whatever a script starts stays in its
 * group, also what has left session and process group, cleared its environment and lost its parents. So its end can be
 * seen and not only guessed (I5). Without them, process-tree.ts has to do with marks and descent.
 */
export class Groups implements Disposable {
  /** Folder of the scripts' groups. */
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
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
    const groups = new Groups(
      join(mount, home, `octo-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`),
    );
    return groups.#works(join(mount, own, 'cgroup.procs')) ? groups : undefined;
  }

  /** Has to be there before the script begins. A script without one is still found by its marks. */
  make(ticket: string): void {
    quietly(() => mkdirSync(join(this.dir, ticket), { recursive: true }));
  }

  pids(ticket: string): ReadonlySet<number> {
    const text = readOr(join(this.dir, ticket, 'cgroup.procs'), '');
    return new Set(text.split('\n').filter(Boolean).map(Number));
  }

  /** End all of it at once, whatever it forks meanwhile. False where the kernel cannot (before 5.14). */
  kill(ticket: string): boolean {
    try {
      writeFileSync(join(this.dir, ticket, 'cgroup.kill'), '1');
      return true;
    } catch {
      return false;
    }
  }

  /** A group in which something still runs stays. */
  remove(ticket: string): void {
    quietly(() => rmdirSync(join(this.dir, ticket)));
  }

  /** Leave nothing behind, unless scripts go on. */
  [Symbol.dispose](): void {
    quietly(() => rmdirSync(this.dir));
  }

  sweep(isInUse: (ticket: string) => boolean): void {
    if (!existsSync(this.dir)) return;
    for (const entry of readdirSync(this.dir, { withFileTypes: true }))
      if (entry.isDirectory() && !isInUse(entry.name)) this.remove(entry.name);
  }

  /** To move a process one needs the right to write here, too, where it comes from. */
  #works(own: string): boolean {
    const probe = join(this.dir, `probe-${process.pid}`);
    try {
      mkdirSync(probe, { recursive: true });
      const may = readFileSync(join(probe, 'cgroup.procs'), 'utf8') === '';
      accessSync(own, constants.W_OK);
      return may;
    } catch {
      return false;
    } finally {
      for (const dir of [probe, this.dir]) quietly(() => rmdirSync(dir));
    }
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
