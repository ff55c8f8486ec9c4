import { type ScriptLimits } from '@octo/kernel';
import { existsSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { folderBytes } from './folder-bytes.ts';
import { type Workspace } from './workspace.ts';

const MEBI = 1024 * 1024;
/** Least pause between two looks at the disk; it grows with what a look costs. */
const DISK_EVERY_MS = 2_000;
/** Longest wait that a timer can hold; about 25 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** Watches a running script's limits, and tells the first that is exceeded, once. */
export class LimitWatch implements Disposable {
  readonly #limits: ScriptLimits;
  readonly #workspace: Workspace;
  readonly #exceeded: (what: string) => void;
  readonly #over = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: ScriptLimits, workspace: Workspace, exceeded: (what: string) => void) {
    this.#limits = limits;
    this.#workspace = workspace;
    this.#exceeded = exceeded;
  }

  /** `sinceMs`: when the script began, also before a restart, on the clock of `nowMs`. */
  start(sinceMs: number, nowMs: number): void {
    const { timeMs, diskBytes } = this.#limits;
    if (timeMs !== undefined) {
      const leftMs = Math.min(Math.max(sinceMs + timeMs - nowMs, 0), LONGEST_MS);
      this.#timer = setTimeout(() => this.#tell(`it ran longer than its limit of ${timeMs / 1000} s`), leftMs).unref();
    }
    if (diskBytes !== undefined) void this.#watchDisk(diskBytes).catch(() => {}); // only its own end stops it
  }

  /** To be asked whenever the output may have grown. */
  checkOutput(): void {
    const { outputBytes } = this.#limits;
    if (outputBytes === undefined || this.#over.signal.aborted) return;
    const { stdout, stderr } = this.#workspace;
    const written = [stdout, stderr].map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0);
    if (written.reduce((a, b) => a + b, 0) > outputBytes)
      this.#tell(`it wrote more output than its limit of ${mebi(outputBytes)}`);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#over.abort();
  }

  async #watchDisk(limitBytes: number): Promise<void> {
    const { space, home, tmp } = this.#workspace;
    for (const { signal } = this.#over; ;) {
      const before = performance.now();
      let used = 0;
      for (const dir of [space, home, tmp]) used += await folderBytes(dir, signal);
      if (used > limitBytes) return this.#tell(`it took more disk than its limit of ${mebi(limitBytes)}`);
      const costMs = performance.now() - before;
      await sleep(Math.max(DISK_EVERY_MS, costMs * 20), undefined, { signal, ref: false });
    }
  }

  #tell(what: string): void {
    if (this.#over.signal.aborted) return;
    this[Symbol.dispose]();
    this.#exceeded(what);
  }
}

/** Of a script that was handed over: nothing to watch where there are no limits, or a cancel is under way. */
export function watchLimits(
  limits: ScriptLimits | undefined,
  workspace: Workspace,
  exceeded: (what: string) => void,
): LimitWatch | undefined {
  if (!limits || existsSync(workspace.cancel)) return undefined;
  const nowMs = Date.now(); // as the file system counts
  const watch = new LimitWatch(limits, workspace, exceeded);
  watch.start(statSync(workspace.started, { throwIfNoEntry: false })?.mtimeMs ?? nowMs, nowMs);
  return watch;
}

function mebi(bytes: number): string {
  return bytes % MEBI === 0 ? `${bytes / MEBI} MiB` : `${bytes} bytes`;
}
