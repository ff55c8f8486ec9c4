import { expect, test } from 'vitest';
import { IsolationMutexes, type Turn } from './mutex.ts';

const never = new AbortController().signal;

test('with shared, shared, exclusive, shared, shared nobody overtakes the exclusive one (R163)', async () => {
  const mutexes = new IsolationMutexes();
  const events: string[] = [];
  const turns: Turn[] = [];
  const take = (name: string, isExclusive: boolean) =>
    mutexes.take('RunningScript', name, isExclusive, never).then((turn) => {
      events.push(name);
      turns.push(turn);
    });
  const all = [take('a', false), take('b', false), take('X', true), take('c', false), take('d', false)];
  await Promise.all(all.slice(0, 2));
  expect(events).toEqual(['a', 'b']);
  expect(mutexes.holders('RunningScript')).toEqual(['a', 'b']);
  for (const turn of turns.splice(0)) turn[Symbol.dispose]();
  await all[2];
  expect(events).toEqual(['a', 'b', 'X']);
  for (const turn of turns.splice(0)) turn[Symbol.dispose]();
  await Promise.all(all);
  expect(events).toEqual(['a', 'b', 'X', 'c', 'd']);
});

test('who gives up leaves the queue, and those behind it go on', async () => {
  const mutexes = new IsolationMutexes();
  const first = await mutexes.take('m', 'first', false, never);
  const stop = new AbortController();
  const exclusive = mutexes.take('m', 'exclusive', true, stop.signal);
  const behind = mutexes.take('m', 'behind', false, never);
  stop.abort(new Error('enough'));
  await expect(exclusive).rejects.toThrow('enough');
  (await behind)[Symbol.dispose]();
  first[Symbol.dispose]();
  expect(mutexes.holders('m')).toEqual([]);
});

test('locks of other names do not meet', async () => {
  const mutexes = new IsolationMutexes();
  using _a = await mutexes.take('a', '1', true, never);
  using _b = await mutexes.take('b', '2', true, never);
  expect(mutexes.holders('a')).toEqual(['1']);
});
