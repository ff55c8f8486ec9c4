import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, timed } from './figure.ts';

/** Node's own spawn of bash in a small process, until its first byte: what no dispatcher of scripts gets below easily. */
export async function spawnFirstLineMs(times: number): Promise<number> {
  const all: number[] = [];
  for (let n = 0; n < times; n++) {
    all.push(
      await timed(async () => {
        const child = spawn('bash', ['-c', 'echo hi'], { stdio: ['ignore', 'pipe', 'ignore'] });
        await once(child.stdout, 'data');
      }),
    );
  }
  return median(all);
}

/** `bash -c true` per second, `atOnce` at a time. */
export async function spawnsPerSecond(times: number, atOnce: number): Promise<number> {
  let left = times;
  const lane = async () => {
    while (left-- > 0) await once(spawn('bash', ['-c', 'true'], { stdio: 'ignore' }), 'exit');
  };
  const ms = await timed(() => Promise.all(Array.from({ length: atOnce }, lane)));
  return (times / ms) * 1000;
}

/** One durable commit of one small row: SQLite, WAL, synchronous=FULL, on the disk that tests use. */
export function commitMs(times: number): number {
  const dir = mkdtempSync(join(tmpdir(), 'octo-floor-'));
  const db = new Database(join(dir, 'floor.db'));
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.exec('create table t (id integer primary key, text text)');
    const insert = db.prepare('insert into t (text) values (?)');
    const all: number[] = [];
    for (let n = 0; n < times; n++) {
      const begin = performance.now();
      insert.run('x'.repeat(200));
      all.push(performance.now() - begin);
    }
    return median(all);
  } finally {
    db.close();
    rmSync(dir, { recursive: true });
  }
}
