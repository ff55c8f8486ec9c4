import { type Clock } from '@octo/kernel';
import { setTimeout as sleep } from 'node:timers/promises';

export const realClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
};
