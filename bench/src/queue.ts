import { openStorage, type Storage } from '@octo/storage';
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figure, median, timed } from './figure.ts';

const TASKS = 4_000;
/** Those who enqueue at once, and those who claim and end at once. */
const LANES = 256;
const request = { name: 'AdHocScript', description: 'no-op', actions: [], variables: [] };

/** T2: the queue without anything to run: enqueue, claim, end, each answered when it is durable. */
export async function queueEngine(rounds: number): Promise<readonly Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'octo-queue-'));
  try {
    await using storage = await openStorage({ dataDir: dir });
    await burst(storage, 500); // warm
    const rates: number[] = [];
    const floors: number[] = [];
    for (let n = 0; n < rounds; n++) {
      rates.push((TASKS / (await timed(() => burst(storage, TASKS)))) * 1000);
      floors.push(threeCommits(join(dir, `floor-${n}.db`), TASKS / 4));
    }
    return [
      {
        what: `enqueue + claim + end, ${LANES} at once`,
        ours: median(rates),
        goal: 10_000,
        floor: median(floors),
        floorIs: 'better-sqlite3, three FULL commits a task, one after the other',
        unit: 'tasks/s',
        better: 'more',
      },
    ];
  } finally {
    rmSync(dir, { recursive: true });
  }
}

export async function burst({ tasks }: Storage, total: number, lanes = LANES): Promise<void> {
  let toQueue = total;
  let ended = 0;
  const nowMs = Date.now();
  const node = { nodeId: 'bench', onlyOwn: false };
  const at = { nowMs, untilMs: nowMs + 60_000 };
  const lane = async () => {
    while (toQueue-- > 0) {
      await tasks.enqueue('Spaces-1', request, { nowMs });
      const taken = await tasks.claimNext(node, at);
      if (!taken) throw new Error('the queue is empty');
      await tasks.move(taken.claim, 'Success', {}, nowMs);
      ended++;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (ended !== total) throw new Error(`${ended} of ${total} tasks ended`);
}

function threeCommits(file: string, total: number): number {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('create table task (seq integer primary key, state text not null, request blob)');
  const add = db.prepare(`insert into task (state, request) values ('Queued', ?)`);
  const move = db.prepare('update task set state = ? where seq = ?');
  const sealed = Buffer.alloc(120);
  const begin = performance.now();
  for (let n = 0; n < total; n++) {
    const { lastInsertRowid } = add.run(sealed);
    move.run('Executing', lastInsertRowid);
    move.run('Success', lastInsertRowid);
  }
  const ms = performance.now() - begin;
  db.close();
  return (total / ms) * 1000;
}
