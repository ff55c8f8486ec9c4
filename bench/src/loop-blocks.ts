import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Figure, median } from './figure.ts';

const PER_ROUND = 30;

/** How long one start of a script keeps the event loop of a process that has grown to a GiB. */
export async function loopBlocks(rounds: number): Promise<Figure> {
  const script = new URL('./loop-block.ts', import.meta.url).pathname;
  const ours: number[] = [];
  const spawns: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const args = ['--conditions=octo-source', script, String(PER_ROUND)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const round = JSON.parse(stdout) as { ours: number; spawn: number };
    ours.push(round.ours);
    spawns.push(round.spawn);
  }
  return {
    what: 'longest turn of the event loop while a script is started, at 1 GiB resident',
    ours: median(ours),
    goal: 0.1,
    floor: median(spawns),
    floorIs: 'child_process.spawn in the same process',
    unit: 'ms',
    better: 'less',
  };
}
