import { type StatusMessage } from './script-messages.ts';

/** Scripts that are remembered; those that nobody completes are forgotten at some time. */
const MOST = 4_096;

/**
 * What this process remembers of the scripts on one machine, beside what the machine itself does: it outlives sessions,
 * and nothing is lost with it but a better answer.
 */
export class KnownScripts {
  readonly #scripts = new Map<string, Known>();

  of(ticket: string): Known {
    const known = this.#scripts.get(ticket) ?? { wasCancelled: false, quiet: 0, askedMs: 0 };
    this.#scripts.delete(ticket); // the one that was used last is the last
    this.#scripts.set(ticket, known);
    const [oldest = ticket] = this.#scripts.keys();
    if (this.#scripts.size > MOST) this.#scripts.delete(oldest);
    return known;
  }
  peek(ticket: string): Known | undefined {
    return this.#scripts.get(ticket);
  }
  forget(ticket: string): void {
    this.#scripts.delete(ticket);
  }
}

export interface Known {
  wasCancelled: boolean;
  /** Answers without news, one after the other. */
  quiet: number;
  /** When its status was asked for last. */
  askedMs: number;
  /** V1: the agent's own ticket, as soon as it says it. */
  handle?: Promise<string>;
  /** Lines that came and were not asked for yet, and what came with them. */
  rest?: { readonly after: string; readonly message: StatusMessage };
}
