import { type Clock } from '@octo/kernel';

/** A clock that stands still until told otherwise. Sleepers wake when `advance` passes their time. */
export function fakeClock(at = 0): Clock & { advance(ms: number): void } {
  const sleepers = new Set<{ readonly dueMs: number; wake(): void }>();
  return {
    now: () => at,
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        signal.throwIfAborted();
        const sleeper = { dueMs: at + ms, wake: resolve };
        sleepers.add(sleeper);
        signal.addEventListener('abort', () => (sleepers.delete(sleeper), reject(signal.reason)), { once: true });
      }),
    advance: (ms) => {
      at += ms;
      for (const sleeper of sleepers)
        if (sleeper.dueMs <= at) {
          sleepers.delete(sleeper);
          sleeper.wake();
        }
    },
  };
}
