import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, median } from './figure.ts';
import { benchServer, OCTO } from './server.ts';

/** X1: a whole process each, taken in turns with `node -e 0`, so that both meet the same noise. */
export async function commandStart(rounds: number): Promise<readonly Figure[]> {
  await using server = await benchServer(1);
  const env = { ...process.env, OCTO_DATA: server.dataDir, OCTO_HOME: server.dataDir };
  const commands = { node: ['-e', '0'], version: [OCTO, '--version'], list: [OCTO, 'worker', 'list'] };
  const times: Record<keyof typeof commands, number[]> = { node: [], version: [], list: [] };
  for (let n = -2; n < rounds * 5; n++) {
    for (const name of ['node', 'version', 'list'] as const) {
      const begin = performance.now();
      const { status } = spawnSync(process.execPath, commands[name], { env, stdio: 'ignore' });
      if (status !== 0) throw new Error(`${commands[name].join(' ')} ended with ${status}`);
      if (n >= 0) times[name].push(performance.now() - begin); // the first two fill the cache of compiled code
    }
  }
  const common = { floor: median(times.node), floorIs: 'node -e 0', unit: 'ms', better: 'less', target: 2.5 } as const;
  return [
    { what: 'octo --version, cold process', ours: median(times.version), ...common },
    { what: 'octo worker list against a running server', ours: median(times.list), ...common },
  ];
}

/** F1: from the start of the process to its first answer, and what it holds when nothing happens. */
export async function serverStart(rounds: number): Promise<readonly Figure[]> {
  const skeleton = new URL('./skeleton.mjs', import.meta.url).pathname;
  const ours: Start[] = [];
  const floor: Start[] = [];
  await using folder = await tempFolder();
  for (let n = -1; n < rounds; n++) {
    const of = await start(folder.dir, [
      OCTO,
      'server',
      'start',
      '--port',
      '0',
      '--comms-port',
      '0',
      '--log-level',
      'error',
    ]);
    const bare = await start(join(folder.dir, 'bare'), [skeleton]);
    if (n < 0) continue; // the first makes the folder and fills the cache of compiled code
    ours.push(of);
    floor.push(bare);
  }
  const floorIs = 'a node process with better-sqlite3, one table, http and TLS listening';
  return [
    {
      what: 'start of the server → first answer',
      ours: median(ours.map((it) => it.ms)),
      floor: median(floor.map((it) => it.ms)),
      floorIs,
      unit: 'ms',
      better: 'less',
      target: 2.5,
    },
    {
      what: 'resident memory of an idle server',
      ours: median(ours.map((it) => it.rssMib)),
      floor: median(floor.map((it) => it.rssMib)),
      floorIs,
      unit: 'MiB',
      better: 'less',
      target: 1.4,
    },
  ];
}
interface Start {
  readonly ms: number;
  readonly rssMib: number;
}

/** Both print the address they listen on. */
async function start(dataDir: string, args: readonly string[]): Promise<Start> {
  const begin = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, OCTO_DATA: dataDir, OCTO_HOME: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  for (let url: string | undefined; url === undefined; url = /http:\S+?(?=,|\s)/.exec(said)?.[0]) {
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended early`);
  }
  const url = /http:\S+?(?=,|\s)/.exec(said)?.[0] ?? '';
  await (await fetch(`${url}/api`)).text();
  const ms = performance.now() - begin;
  await sleep(1_500); // idle
  const rssKib = Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
  child.kill('SIGTERM');
  await once(child, 'exit');
  return { ms, rssMib: rssKib / 1024 };
}

async function tempFolder(): Promise<AsyncDisposable & { readonly dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'octo-bench-'));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
