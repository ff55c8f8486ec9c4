import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kind, type Look, type Order } from './agents/contract.ts';
import { p256 } from './agents/identities.ts';
import { type Figure } from './figure.ts';

/** OCTO_BENCH_AGENTS=2000,10000 */
const COUNTS = (process.env['OCTO_BENCH_AGENTS'] ?? '2000').split(',').map(Number);
const IDLE_MS = 30_000;

interface Seen {
  readonly kibEach: number;
  readonly rssMib: number;
  /** Of one core, while nothing happens but polls of 30 s. */
  readonly cpuPercent: number;
  readonly perSecond: number;
  readonly sweptPerSecond: number;
  readonly backMs: number;
}

/** C1-C4: a process that holds many idle polling agents, beside one that holds as many bare TLS sockets. */
export async function agents(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const count of COUNTS) {
    const bare = await hold('bare', count);
    for (const kind of ['stock', 'octo'] as const)
      figures.push(...compare(await hold(kind, count), bare, `${count} ${kind} agents`));
  }
  return figures;
}

function compare(ours: Seen, bare: Seen, who: string): readonly Figure[] {
  const less = { better: 'less', floorIs: 'as many bare TLS sockets of Node' } as const;
  const more = { ...less, better: 'more' } as const;
  return [
    { what: `C1 RSS of each of ${who}`, ours: ours.kibEach, floor: bare.kibEach, unit: 'KiB', target: 1.15, ...less },
    { what: `C1 RSS of the whole process, ${who}`, ours: ours.rssMib, floor: bare.rssMib, unit: 'MiB', goal: 650, ...less },
    { what: `C2 ${who} back after a kill -9 of the server`, ours: ours.backMs, floor: bare.backMs, unit: 'ms', target: 1 / 0.85, ...less },
    { what: `C2 handshakes of the first connecting, ${who}`, ours: ours.perSecond, floor: bare.perSecond, unit: '/s', target: 1 / 0.85, ...more },
    { what: `C3 CPU of one core while ${who} idle`, ours: ours.cpuPercent, floor: bare.cpuPercent || 0.01, unit: '%', goal: 5, ...less },
    { what: `C4 calls to each of ${who}`, ours: ours.sweptPerSecond, floor: bare.sweptPerSecond, unit: '/s', target: 1 / 0.4, ...more },
  ]; // prettier-ignore
}

async function hold(kind: Kind, count: number): Promise<Seen> {
  const order: Order = { kind, count, port: 0, server: await p256('server'), agent: await p256('agent') };
  let server = child('server');
  const empty = await told(server, order);
  const fleet = child('fleet');
  try {
    const begin = performance.now();
    fleet.send({ ...order, port: empty.port });
    await once(fleet, 'message');
    const full = await until(server, count);
    const perSecond = (count / (performance.now() - begin)) * 1000;
    await sleep(2_000);
    const before = await told(server, 'look');
    await sleep(IDLE_MS);
    const after = await told(server, 'look');
    const swept = await told(server, 'sweep');
    server.kill('SIGKILL');
    await once(server, 'exit');
    const gone = performance.now();
    server = child('server');
    await told(server, { ...order, port: empty.port });
    await until(server, count);
    return {
      kibEach: (after.rssBytes - empty.rssBytes) / 1024 / full.connected,
      rssMib: after.rssBytes / 1024 / 1024,
      cpuPercent: ((after.cpuMs - before.cpuMs) / (after.atMs - before.atMs)) * 100,
      perSecond,
      sweptPerSecond: (count / (swept.sweptMs ?? Number.NaN)) * 1000,
      backMs: performance.now() - gone,
    };
  } finally {
    fleet.kill('SIGKILL');
    server.kill('SIGKILL');
  }
}

function child(name: string): ChildProcess {
  const script = new URL(`./agents/${name}.ts`, import.meta.url).pathname;
  return fork(script, { execArgv: ['--conditions=octo-source', '--expose-gc'] });
}

async function told(server: ChildProcess, word: Order | string): Promise<Look> {
  server.send(word);
  const [look] = (await once(server, 'message')) as [Look]; // its only kind of message
  return look;
}

async function until(server: ChildProcess, count: number): Promise<Look> {
  for (let waitedMs = 0; ; waitedMs += 100) {
    const look = await told(server, 'look');
    if (look.connected >= count) return look;
    if (waitedMs > 300_000) throw new Error(`only ${look.connected} of ${count} agents came`);
    await sleep(100);
  }
}
