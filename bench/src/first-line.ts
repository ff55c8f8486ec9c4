import { type OctoApi, type RunRequest } from '@octo/api';
import { type Figure, median, percentile, timed } from './figure.ts';
import { commitMs, spawnFirstLineMs } from './floors.ts';
import { loopBlocks } from './loop-blocks.ts';
import { bash, benchServer } from './server.ts';

const PER_ROUND = 40;

/** D3: from the request that enqueues `echo hi` to its line at a client that watches the log. */
export async function firstLine(rounds: number): Promise<readonly Figure[]> {
  await using server = await benchServer(5);
  await round(server.api); // warm
  const all: number[] = [];
  const medians: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const times = await round(server.api);
    all.push(...times);
    medians.push(median(times));
  }
  const floor = (await spawnFirstLineMs(PER_ROUND)) + 2 * commitMs(PER_ROUND);
  const common = {
    floor,
    floorIs: 'node spawn of bash to its first byte + 2 durable commits',
    unit: 'ms',
    better: 'less',
  } as const;
  return [
    { what: 'enqueue → first line at a watching client, p50', ours: median(medians), target: 2, ...common },
    { what: 'the same, p99', ours: percentile(all, 99), ...common },
    await loopBlocks(rounds),
  ];
}

async function round(api: OctoApi): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < PER_ROUND; n++) times.push(await timed(() => untilLine(api)));
  return times;
}

/** Until a watching client has the line `hi`. */
export async function untilLine(api: OctoApi, request: RunRequest = bash('echo hi')): Promise<void> {
  const limit = AbortSignal.timeout(10_000);
  const { id } = await api.run(request, limit);
  for (let after = 0; ;) {
    const page = await api.log(id, { after, waitMs: 5_000 }, limit);
    if (page.lines.some((l) => l.text === 'hi')) return;
    if (page.isEnd) throw new Error(`${id} ended as ${page.state} without its line`);
    after = page.next;
  }
}
