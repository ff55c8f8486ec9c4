import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest that the database keeps the event loop before it lets others have a turn. */
const SPELL_MS = 5;

/**
 * SQLite answers within the turn, so that a thousand queries awaited one after the other would be one long turn in which
 * no timer and no socket is served. A spell counts the time since the loop last turned, and says when to let go.
 */
export class Spell {
  #sinceMs: number | undefined;

  get isOver(): boolean {
    const nowMs = performance.now();
    if (this.#sinceMs === undefined) {
      this.#sinceMs = nowMs;
      setImmediate(() => (this.#sinceMs = undefined));
    }
    return nowMs - this.#sinceMs > SPELL_MS;
  }

  /** Resolves at once within a spell, else in a later turn. */
  async rest(): Promise<void> {
    while (this.isOver) await nextTurn();
  }
}
