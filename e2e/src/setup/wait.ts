import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Ask until there is an answer; after `limitMs` fail with what was last seen. What is waited for for long is asked more
 * rarely, and never for more than half of the time: who is asked works on the same cores.
 */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, limitMs = 40_000): Promise<T> {
  const since = performance.now();
  let last: unknown;
  for (;;) {
    const begin = performance.now();
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    last = answer;
    const now = performance.now();
    if (now - since > limitMs) throw new Error(`waited ${limitMs} ms until ${what}; last seen: ${String(last)}`);
    await sleep(Math.max(10, now - begin, Math.min((now - since) / 10, 100)));
  }
}

/** False for what is dead and only waits for its parent to notice. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
