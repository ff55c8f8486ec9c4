import { watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Bell } from './bell.ts';

/** The net under the watch: a supervisor that was killed changes no file. */
const LOOK_EVERY_MS = 1_000;
/** The same where the system gives no watch (there is a limit to them). */
const LOOK_UNWATCHED_MS = 50;

/** Tells when something in a folder has changed, and at once when the file named `urgent` has. */
export class FolderChanges implements Disposable {
  readonly #bell = new Bell();
  readonly #urgent = new AbortController();
  #lookEveryMs = LOOK_EVERY_MS;
  #watcher: Disposable | undefined;

  open(dir: string, urgent: string): void {
    try {
      const watcher = watch(dir, { persistent: false }, (_, name) => {
        if (name === urgent) this.#urgent.abort();
        this.#bell.ring();
      });
      watcher.on('error', () => {}); // the folder is gone: whoever waits looks now and then, too
      this.#watcher = { [Symbol.dispose]: () => watcher.close() };
    } catch {
      this.#lookEveryMs = LOOK_UNWATCHED_MS;
    }
  }

  /** To be taken before one looks, and given to `next`. */
  get seen(): number {
    return this.#bell.rings;
  }
  /** Resolves at the first change since, or when it is time to look anyway. */
  async next(seen: number, signal: AbortSignal): Promise<void> {
    await this.#bell.wait(seen, this.#lookEveryMs, signal);
  }
  /** A pause that an urgent change ends. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    await sleep(ms, undefined, { signal: AbortSignal.any([this.#urgent.signal, signal]) }).catch(() => {});
  }
  ring(): void {
    this.#bell.ring();
  }

  [Symbol.dispose](): void {
    this.#watcher?.[Symbol.dispose]();
  }
}
