import { expect, test } from 'vitest';
import { LocalSignals } from './signals.ts';

const never = new AbortController().signal;

test('what was published since the last wait is not missed', async () => {
  const signals = new LocalSignals();
  using news = signals.subscribe('a');
  signals.publish('a');
  await news.next(60_000, never);
  const second = news.next(60_000, AbortSignal.timeout(20));
  await expect(second).rejects.toThrow('timeout');
});

test('a sleeper wakes at once on its own topic only', async () => {
  const signals = new LocalSignals();
  using a = signals.subscribe('a');
  using b = signals.subscribe('b');
  let woken = '';
  const both = [a.next(60_000, never).then(() => (woken += 'a')), b.next(20, never).then(() => (woken += 'b'))];
  signals.publish('a');
  await Promise.all(both);
  expect(woken).toBe('ab');
});

test('a wait ends with the reason of its signal', async () => {
  using news = new LocalSignals().subscribe('a');
  await expect(news.next(60_000, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
});
