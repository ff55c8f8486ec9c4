import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Ask until there is an answer, half of the time at most; after `limitMs` fail with what was last seen. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, limitMs = 20_000): Promise<T> {
  const deadline = Date.now() + limitMs;
  let last: unknown;
  for (;;) {
    const begin = performance.now();
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    last = answer;
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms until ${what}; last seen: ${String(last)}`);
    await sleep(Math.max(10, performance.now() - begin));
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
