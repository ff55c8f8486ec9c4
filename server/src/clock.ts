import { type Clock, type Ids } from '@octo/kernel';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    sleep(ms, undefined, { signal }).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    }),
};

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

export const systemIds: Ids = {
  ticket: () => randomWord(22),
};

/** Letters and digits, about 5 bits each, without bias. */
export function randomWord(length: number, letters: string = LETTERS): string {
  const limit = 256 - (256 % letters.length);
  let word = '';
  while (word.length < length) {
    for (const byte of randomBytes(length))
      if (byte < limit && word.length < length) word += letters[byte % letters.length];
  }
  return word;
}
