import { openStorage } from '@octo/storage';
import { startPostgres } from '@octo/testkit/postgres-server';
import { Logger, run } from 'graphile-worker';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figure, median, timed } from './figure.ts';
import { burst } from './queue.ts';

const TASKS = 1_000;
const LANES = 64;

/** T2 on PostgreSQL, with fsync, against graphile-worker on the same server: enqueue, claim and end no-ops. */
export async function queueOnPostgres(rounds: number): Promise<readonly Figure[]> {
  await using server = await startPostgres({ fsync: true });
  if (!server) {
    console.error('T2p  skipped: there is no PostgreSQL for this platform');
    return [];
  }
  const dir = await mkdtemp(join(tmpdir(), 'octo-queue-'));
  try {
    const ours: number[] = [];
    const peer: number[] = [];
    await using storage = await openStorage({ dataDir: dir, databaseUrl: await server.fresh() });
    const url = await server.fresh();
    await burst(storage, 100, LANES); // warm
    for (let n = 0; n < rounds; n++) {
      ours.push((TASKS / (await timed(() => burst(storage, TASKS, LANES)))) * 1_000);
      peer.push((TASKS / (await graphileMs(url))) * 1_000);
    }
    const what = `enqueue + claim + end on PostgreSQL, ${LANES} at once`;
    const floorIs = `graphile-worker, the same: addJob ${LANES} at once, ${LANES} at work`;
    return [{ what, ours: median(ours), floor: median(peer), floorIs, unit: 'tasks/s', better: 'more', target: 1 }];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function graphileMs(connectionString: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let done = 0;
  const runner = await run({
    connectionString,
    concurrency: LANES,
    maxPoolSize: 10,
    noHandleSignals: true,
    logger: new Logger(() => () => {}),
    taskList: {
      none: async () => {
        if (++done === TASKS) resolve();
      },
    },
  });
  let toQueue = TASKS;
  const lane = async () => {
    while (toQueue-- > 0) await runner.addJob('none', {});
  };
  const ms = await timed(async () => {
    await Promise.all([promise, ...Array.from({ length: LANES }, lane)]);
  });
  await runner.stop();
  return ms;
}
