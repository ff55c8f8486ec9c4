import { SecurityError } from '@octo/kernel';

const WINDOW_MS = 60_000;
const MOST = 20;
/** Addresses remembered at once; the oldest goes first. */
const REMEMBERED = 10_000;

/** Failed sign-ins by address: after too many in a minute further ones are not even looked at (429). */
export class Throttle {
  readonly #failures = new Map<string, { sinceMs: number; count: number }>();

  check(from: string, nowMs: number): void {
    const known = this.#failures.get(from);
    if (!known || nowMs - known.sinceMs >= WINDOW_MS || known.count < MOST) return;
    throw new SecurityError('OCTO_AUTH_THROTTLED', `too many failed sign-ins from ${from}`, {
      hint: `wait a minute; more than ${MOST} failures a minute are not looked at`,
    });
  }

  failed(from: string, nowMs: number): void {
    const known = this.#failures.get(from);
    const isFresh = known !== undefined && nowMs - known.sinceMs < WINDOW_MS;
    this.#failures.delete(from);
    this.#failures.set(from, isFresh ? { ...known, count: known.count + 1 } : { sinceMs: nowMs, count: 1 });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > REMEMBERED && oldest !== undefined) this.#failures.delete(oldest);
  }
}
