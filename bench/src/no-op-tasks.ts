import { type OctoApi } from '@octo/api';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, median, timed } from './figure.ts';
import { spawnsPerSecond } from './floors.ts';
import { bash, benchServer } from './server.ts';

const TASKS = 200;
const AT_ONCE = 8;

/** T1: tasks of `true` per second, each durable, a process, a log and a state; all on the built-in worker. */
export async function noOpTasks(rounds: number): Promise<readonly Figure[]> {
  await using server = await benchServer(AT_ONCE);
  await burst(server.api, 20); // warm
  const rates: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const ms = await timed(() => burst(server.api, TASKS));
    rates.push((TASKS / ms) * 1000);
  }
  const floor = await spawnsPerSecond(400, 2);
  return [
    {
      what: `no-op tasks per second, ${AT_ONCE} at once`,
      ours: median(rates),
      floor,
      floorIs: 'node spawn of bash -c true, 2 at once',
      unit: '/s',
      better: 'more',
      target: 5,
    },
  ];
}

async function burst(api: OctoApi, tasks: number): Promise<void> {
  const limit = AbortSignal.timeout(120_000);
  const before = await ended(api, limit);
  const request = bash('true');
  for (let n = 0; n < tasks; n += 20) {
    await Promise.all(Array.from({ length: Math.min(20, tasks - n) }, () => api.run(request, limit)));
  }
  while ((await ended(api, limit)) < before + tasks) await sleep(10, undefined, { signal: limit });
}

async function ended(api: OctoApi, signal: AbortSignal): Promise<number> {
  const page = await api.tasks({ states: ['Success', 'Failed'], take: 1 }, signal);
  return page.totalResults;
}
