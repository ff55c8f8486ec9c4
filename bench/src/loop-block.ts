// A process of its own: holds a touched GiB, then starts scripts both ways; prints how long each keeps its event loop.
import { openAgent } from '@octo/agent';
import { type Launch } from '@octo/kernel';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { median } from './figure.ts';

const times = Number(process.argv[2]);
const ballast = Buffer.alloc(1024 ** 3, 1);
const root = mkdtempSync(join(tmpdir(), 'octo-block-'));
const agent = openAgent({ root, clock: Date });
const never = new AbortController().signal;
const launch: Launch = {
  taskId: 'ServerTasks-1',
  isolation: { exclusive: false, mutex: 'bench' },
  fence: 1,
  body: { bash: 'echo hi' },
};

/** Longest time between two turns of the loop while it acts. */
async function longestTurn(act: () => Promise<unknown>): Promise<number> {
  let isOver = false;
  let longest = 0;
  let before = performance.now();
  const acting = act().finally(() => (isOver = true));
  while (!isOver) {
    await turn();
    const now = performance.now();
    longest = Math.max(longest, now - before);
    before = now;
  }
  await acting;
  return longest;
}

async function byAgent(n: number): Promise<number> {
  const ref = { ticket: `t${n}` };
  const ms = await longestTurn(() => agent.start(ref.ticket, launch, never));
  for (let after = ''; ;) {
    const status = await agent.status(ref, { after, waitMs: 5_000 }, never);
    if (status.state === 'Complete') break;
    after = status.next;
  }
  await agent.complete(ref);
  return ms;
}
async function bySpawn(): Promise<number> {
  return longestTurn(async () => {
    const child = spawn('bash', ['-c', 'echo hi'], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child, 'exit');
  });
}

const ours: number[] = [];
const spawns: number[] = [];
for (let n = -3; n < times; n++) {
  const [mine, plain] = [await byAgent(n + 3), await bySpawn()];
  if (n < 0) continue; // warm
  ours.push(mine);
  spawns.push(plain);
}
await agent[Symbol.asyncDispose]();
rmSync(root, { recursive: true });
console.log(JSON.stringify({ ours: median(ours), spawn: median(spawns), touched: ballast[ballast.length - 1] }));
