// npm run bench [-- --dim D3,T1] [--rounds 5]: prints each figure with the floor of the same run and the ratio of the two.
// Medians of at least five rounds. Nothing is asserted; a ratio above its target is printed as such.
import { parseArgs } from 'node:util';
import { agents } from './src/agents.ts';
import { firstLineOnPostgres } from './src/first-line-postgres.ts';
import { firstLine } from './src/first-line.ts';
import { type Figure } from './src/figure.ts';
import { logThroughput } from './src/logs.ts';
import { noOpTasks } from './src/no-op-tasks.ts';
import { queueOnPostgres } from './src/queue-postgres.ts';
import { queueEngine } from './src/queue.ts';
import { commandStart, serverStart } from './src/start-up.ts';
import { rest } from './src/rest.ts';
import { calls, dispatch, lineAge, lostAgent } from './src/tentacles.ts';
import { healthRound } from './src/health-round.ts';
import { sshFirstLine, sshHosts, sshUpload } from './src/ssh.ts';
import { toolStart } from './src/tool-start.ts';
import { transfer } from './src/transfer.ts';

const { values } = parseArgs({ options: { dim: { type: 'string' }, rounds: { type: 'string', default: '5' } } });
const dimensions: Readonly<Record<string, (rounds: number) => Promise<readonly Figure[]>>> = {
  C1: agents,
  D1: dispatch,
  D1r: calls,
  D4: lineAge,
  H1: lostAgent,
  P1: transfer,
  P2: sshUpload,
  S1: sshFirstLine,
  S2: sshHosts,
  HR: healthRound,
  D2: firstLineOnPostgres,
  D3: firstLine,
  D3t: toolStart,
  T1: noOpTasks,
  T2: queueEngine,
  T2p: queueOnPostgres,
  L1: logThroughput,
  X1: commandStart,
  F1: serverStart,
  R1: rest,
};
const wanted = values.dim?.split(',') ?? Object.keys(dimensions);

for (const name of wanted) {
  const measure = dimensions[name];
  if (!measure) {
    console.error(`there is no dimension ${name}; choose of: ${Object.keys(dimensions).join(', ')}`);
    process.exit(2);
  }
  for (const figure of await measure(Number(values.rounds))) print(name, figure);
}

function print(name: string, { what, ours, floor, floorIs, unit, better, target, goal }: Figure): void {
  const ratio = better === 'less' ? ours / floor : floor / ours;
  const verdict =
    target === undefined ? '' : ratio <= target ? `  target ≤ ${target}: met` : `  target ≤ ${target}: MISSED`;
  console.log(`${name}  ${what}`);
  console.log(`    ours   ${ours.toFixed(2)} ${unit}${aim(ours, better, goal)}`);
  console.log(`    floor  ${floor.toFixed(2)} ${unit}  (${floorIs})`);
  console.log(`    ratio  ${ratio.toFixed(2)}${verdict}`);
}

function aim(ours: number, better: Figure['better'], goal: number | undefined): string {
  if (goal === undefined) return '';
  const [sign, isMet] = better === 'less' ? ['≤', ours <= goal] : ['≥', ours >= goal];
  return `  target ${sign} ${goal}: ${isMet ? 'met' : 'MISSED'}`;
}
