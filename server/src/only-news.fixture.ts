import { type Signals } from '@octo/plane';
import { vi } from 'vitest';

const HOURS_MS = 3_600_000;

/** From now on who waits for news is woken by news alone: the look that each takes by itself does not come in a test. */
export function onlyNews(signals: Signals): void {
  const subscribe = signals.subscribe.bind(signals);
  vi.spyOn(signals, 'subscribe').mockImplementation((topic) => {
    const it = subscribe(topic);
    return {
      next: (_limitMs, signal) => it.next(HOURS_MS, signal),
      [Symbol.dispose]: () => it[Symbol.dispose](),
    };
  });
}
