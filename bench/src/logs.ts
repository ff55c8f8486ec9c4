import { type OctoApi } from '@octo/api';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Figure, median, timed } from './figure.ts';
import { lagServer, type LagServer } from './lagging.ts';
import { bash } from './server.ts';

const LINE = 104;
/** OCTO_BENCH_LOG_MIB makes it shorter for a quick look. */
const BIG_MIB = Number(process.env['OCTO_BENCH_LOG_MIB'] ?? 256);
const BIG_BYTES = BIG_MIB * 2 ** 20;
const RUNS = 100;
const RUN_BYTES = 2 ** 20;
const MIB = 2 ** 20;

/** Prints so many bytes in lines of 104, as fast as a pipe takes them. */
const print = (bytes: number) => `yes '${'x'.repeat(LINE - 1)}' | head -n ${Math.floor(bytes / LINE)}`;

/** L1: what scripts print, until it is stored and every live reader has it. */
export async function logThroughput(rounds: number): Promise<readonly Figure[]> {
  const big: Round[] = [];
  const many: Round[] = [];
  const floors: number[] = [];
  for (let n = 0; n < rounds; n++) {
    floors.push(await floorMibPerSecond());
    big.push(await withServer(1, (server) => bigLog(server)));
    many.push(await withServer(RUNS, (server) => manyLogs(server)));
  }
  const rate = {
    floor: median(floors),
    floorIs: 'child → pipe → lines → JSON records → file, in one node process without readers',
    unit: 'MiB/s',
    better: 'more',
    target: 1.25,
  } as const;
  const lag = { floor: 50, floorIs: 'the target itself', unit: 'ms', better: 'less', target: 1 } as const;
  return [
    {
      what: `${BIG_MIB} MiB in lines of 104 bytes, 3 live readers`,
      ours: median(big.map((r) => r.mibPerSecond)),
      ...rate,
    },
    { what: 'event loop lag of the server meanwhile, p99', ours: median(big.map((r) => r.lagMs)), ...lag },
    {
      what: `${RUNS} runs of 1 MiB at once, a live reader each, one stuck reader`,
      ours: median(many.map((r) => r.mibPerSecond)),
      ...rate,
    },
    { what: 'event loop lag of the server meanwhile, p99', ours: median(many.map((r) => r.lagMs)), ...lag },
  ];
}
interface Round {
  readonly mibPerSecond: number;
  readonly lagMs: number;
}

async function withServer(taskCap: number, act: (server: LagServer) => Promise<number>): Promise<Round> {
  await using server = await lagServer(taskCap);
  await run(server.api, 'true');
  server.begin();
  const mibPerSecond = await act(server);
  return { mibPerSecond, lagMs: (await server.lag()).p99Ms };
}

async function bigLog(server: LagServer): Promise<number> {
  const ms = await timed(async () => {
    const id = await run(server.api, print(BIG_BYTES));
    await Promise.all([read(server, id), read(server, id), read(server, id)]);
  });
  return BIG_BYTES / MIB / (ms / 1000);
}

async function manyLogs(server: LagServer): Promise<number> {
  let stuck: IncomingMessage | undefined;
  const ms = await timed(async () => {
    const ids = await Promise.all(Array.from({ length: RUNS }, () => run(server.api, print(RUN_BYTES))));
    stuck = await ask(server, `/api/tasks/${ids[0]}/raw`); // and never read
    await Promise.all(ids.map((id) => read(server, id)));
  });
  stuck?.destroy();
  return (RUNS * RUN_BYTES) / MIB / (ms / 1000);
}

async function run(api: OctoApi, body: string): Promise<string> {
  return (await api.run(bash(body), AbortSignal.timeout(120_000))).id;
}

/** To the end, page by page as it comes. What a page says is not parsed: the reader shares the cores with the server. */
async function read(server: LagServer, id: string): Promise<void> {
  for (let after = 0; ;) {
    const page = await text(await ask(server, `/api/octo/tasks/${id}/log?after=${after}&waitMs=5000`));
    const tail = page.slice(-2_000);
    after = Number(/"Next":(\d+)/.exec(tail)?.[1] ?? /"Next":(\d+)/.exec(page)?.[1]);
    if (page.includes('"IsEnd":true')) return;
  }
}

function ask({ url, key }: LagServer, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(`${url}${path}`, { headers: { 'x-octopus-apikey': key } }, resolve).on('error', reject);
  });
}

async function floorMibPerSecond(): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'octo-floor-'));
  const ms = await timed(async () => {
    const child = spawn('bash', ['-c', print(BIG_BYTES)], { stdio: ['ignore', 'pipe', 'ignore'] });
    const file = createWriteStream(join(dir, 'log'));
    let rest = '';
    let seq = 0;
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      const atMs = Date.now();
      let records = '';
      for (const line of lines) records += `${JSON.stringify([++seq, 'Info', atMs, line])}\n`;
      if (!file.write(records)) await once(file, 'drain');
    }
    file.end();
    await once(file, 'finish');
  });
  await rm(dir, { recursive: true });
  return BIG_BYTES / MIB / (ms / 1000);
}
