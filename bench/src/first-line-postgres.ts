import { startPostgres } from '@octo/testkit/postgres-server';
import { Logger, run } from 'graphile-worker';
import { type Figure, median, timed } from './figure.ts';
import { untilLine } from './first-line.ts';
import { spawnFirstLineMs } from './floors.ts';
import { benchServer } from './server.ts';

const PER_ROUND = 30;

/** D2: as D3, with PostgreSQL behind the server; the peer is graphile-worker's way to the start of a job, and bash. */
export async function firstLineOnPostgres(rounds: number): Promise<readonly Figure[]> {
  await using postgres = await startPostgres({ fsync: true });
  if (!postgres) {
    console.error('D2  skipped: there is no PostgreSQL for this platform');
    return [];
  }
  await using server = await benchServer(5, { OCTO_DB: await postgres.fresh() });
  const act = () => untilLine(server.api);
  for (let n = 0; n < PER_ROUND; n++) await act(); // warm
  const ours: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const times: number[] = [];
    for (let m = 0; m < PER_ROUND; m++) times.push(await timed(act));
    ours.push(median(times));
  }
  const peer = (await graphileStartMs(await postgres.fresh())) + (await spawnFirstLineMs(PER_ROUND));
  const what = 'enqueue → first line at a watching client on PostgreSQL, p50';
  const floorIs = 'graphile-worker addJob → start, and node spawn of bash to its first byte';
  return [{ what, ours: median(ours), floor: peer, floorIs, unit: 'ms', better: 'less', target: 1.6, goal: 8 }];
}

async function graphileStartMs(connectionString: string): Promise<number> {
  let started: () => void = () => {};
  const runner = await run({
    connectionString,
    concurrency: 5,
    noHandleSignals: true,
    logger: new Logger(() => () => {}),
    taskList: { none: async () => started() },
  });
  const times: number[] = [];
  for (let n = 0; n < PER_ROUND; n++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    started = resolve;
    times.push(await timed(() => Promise.all([runner.addJob('none', {}), promise])));
  }
  await runner.stop();
  return median(times);
}
