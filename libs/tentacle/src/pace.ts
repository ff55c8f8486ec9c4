import { type Clock, type ScriptStatus } from '@octo/kernel';
import { type Known } from './known-scripts.ts';

/**
 * What is only asked is answered soon; whoever is silent for so long is asked over another connection. A stock Tentacle
 * reads the whole log of a script for each answer, and may take its time (halibut.md 12: 23 µs a line).
 */
export const STOCK_ANSWER_MS = 60_000;

/** Between two questions about one script: never less than the first, growing while there is no news. */
export interface Pace {
  readonly leastMs: number;
  readonly firstMs: number;
  readonly factor: number;
  readonly mostMs: number;
}
/** Each question has a connection to itself. */
export const PARALLEL: Pace = { leastMs: 15, firstMs: 25, factor: 1.3, mostMs: 1_000 };
/** Questions queue behind each other, and behind those about other scripts (R131). */
export const QUEUED: Pace = { leastMs: 30, firstMs: 60, factor: 1.4, mostMs: 3_000 };

/**
 * Asks until there is news, at the latest until `waitMs` are over. A machine that can only be asked is asked from here,
 * and how often depends on how much it has to say; Octopus begins at 300 ms and grows to 5 s (halibut.md 6.2).
 */
export async function askUntilNews(
  ask: () => Promise<ScriptStatus>,
  script: Known,
  { clock, pace, waitMs }: { readonly clock: Clock; readonly pace: Pace; readonly waitMs: number },
  signal: AbortSignal,
): Promise<ScriptStatus> {
  const untilMs = clock.now() + waitMs;
  for (let isFirst = true; ; isFirst = false) {
    const grown = Math.min(pace.mostMs, pace.firstMs * pace.factor ** script.quiet);
    const sinceMs = clock.now() - script.askedMs;
    const pauseMs = Math.min(Math.max(pace.leastMs, isFirst ? 0 : grown) - sinceMs, untilMs - clock.now());
    if (pauseMs > 0) await clock.sleep(pauseMs, signal);
    const status = await ask();
    script.askedMs = clock.now();
    const isNews = status.lines.length > 0 || status.state === 'Complete';
    script.quiet = isNews ? 0 : script.quiet + 1;
    if (isNews || clock.now() >= untilMs) return status;
  }
}
