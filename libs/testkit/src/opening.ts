import { type ActivityLog, type Clock, type Host, type Opening } from '@octo/kernel';
import { setTimeout as sleep } from 'node:timers/promises';

/** Real time, for suites that drive real processes. */
export const realClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
};

export function fakeHost(dataDir: string): Host {
  return { dataDir, nodeId: 'node-1', version: '0.0.0' };
}

/** What a transport gets to open a session, with short limits and nothing to look up. */
export function openingOf<E>(endpoint: E): Opening<E> {
  const log: ActivityLog = { write() {}, progress() {} };
  const nothing = (what: string) => () => Promise.reject(new Error(`no ${what} in this test`));
  return {
    workerId: 'Workers-1',
    endpoint,
    limits: {
      connectTimeoutMs: 5_000,
      retryAttempts: 2,
      retrySleepMs: 10,
      retryTimeLimitMs: 5_000,
      pollingPickUpMs: 5_000,
    },
    log,
    account: nothing('account'),
    proxy: nothing('proxy'),
  };
}
