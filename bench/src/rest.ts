import { openStorage } from '@octo/storage';
import Database from 'better-sqlite3';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figure, median, percentile } from './figure.ts';
import { benchServer } from './server.ts';

const LANES = 8;
const ROUND_MS = 1_500;
/** Old tasks in the database, for the list that must not feel them. */
const OLD_TASKS = 1_000_000;

interface Load {
  readonly url: string;
  readonly key?: string;
  readonly method?: 'GET' | 'POST';
  readonly body?: string;
}
interface Rate {
  readonly perSecond: number;
  readonly p99Ms: number;
}

/** R1: the routes that clients ask most, against a bare fastify that sends the same bytes, in the same run. */
export async function rest(rounds: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const workers of [10, 10_000]) figures.push(...(await workersFigures(rounds, workers)));
  figures.push(...(await postTasks(rounds)), await oldTasks(rounds));
  return figures;
}

async function workersFigures(rounds: number, workers: number): Promise<readonly Figure[]> {
  await using folder = await filled(workers);
  await using server = await benchServer(0, {}, folder.dir);
  const ours: Load = { url: `${server.url}/api/Spaces-1/workers?skip=0&take=30`, key: server.key };
  return await compare(rounds, `GET /workers, a page of 30 of ${workers.toLocaleString('en')}`, ours);
}

async function postTasks(rounds: number): Promise<readonly Figure[]> {
  await using folder = await filled(0);
  await using server = await benchServer(0, {}, folder.dir);
  const task = { Name: 'AdHocScript', Arguments: { ScriptBody: 'true', Syntax: 'Bash', TargetType: 'OctopusServer' } };
  const ours: Load = { url: `${server.url}/api/tasks`, key: server.key, method: 'POST', body: JSON.stringify(task) };
  return await compare(rounds, 'POST /tasks, durable', ours);
}

async function compare(rounds: number, what: string, ours: Load): Promise<readonly Figure[]> {
  const answer = await ask(ours, new Agent());
  await using bare = await bareServer(answer);
  const floor = { ...ours, url: bare.url };
  const rates: { ours: Rate[]; floor: Rate[] } = { ours: [], floor: [] };
  for (let n = -1; n < rounds; n++) {
    const one = { ours: await load(ours), floor: await load(floor) };
    if (n < 0) continue; // warm
    rates.ours.push(one.ours);
    rates.floor.push(one.floor);
  }
  const floorIs = 'a bare fastify that sends the same object, 8 at once';
  const of = (all: readonly Rate[], name: keyof Rate) => median(all.map((it) => it[name]));
  return [
    {
      what,
      ours: of(rates.ours, 'perSecond'),
      floor: of(rates.floor, 'perSecond'),
      floorIs,
      unit: '/s',
      better: 'more',
    },
    {
      what: 'the same, p99',
      ours: of(rates.ours, 'p99Ms'),
      floor: of(rates.floor, 'p99Ms'),
      floorIs,
      unit: 'ms',
      better: 'less',
    },
  ];
}

/** The list of tasks among a thousand ended ones and among a million. */
async function oldTasks(rounds: number): Promise<Figure> {
  const times: Record<'few' | 'many', number[]> = { few: [], many: [] };
  for (const [name, count] of [
    ['few', 1_000],
    ['many', OLD_TASKS],
  ] as const) {
    await using folder = await filled(0);
    endedTasks(folder.dir, count);
    await using server = await benchServer(0, {}, folder.dir);
    for (let n = -1; n < rounds; n++) {
      const { perSecond } = await load({
        url: `${server.url}/api/tasks?states=Queued,Success&take=30`,
        key: server.key,
      });
      if (n >= 0) times[name].push(1_000 / perSecond);
    }
  }
  return {
    what: `GET /tasks?states= among ${OLD_TASKS.toLocaleString('en')} ended tasks`,
    ours: median(times.many),
    floor: median(times.few),
    floorIs: 'the same among 1,000',
    unit: 'ms',
    better: 'less',
    target: 1.5,
  };
}

/** A data folder with so many workers. */
async function filled(workers: number): Promise<AsyncDisposable & { readonly dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'octo-bench-rest-'));
  {
    await using storage = await openStorage({ dataDir: dir });
    const one = (n: number) =>
      storage.workers.add({
        spaceId: 'Spaces-1',
        name: `worker ${String(n).padStart(5, '0')}`,
        slug: '',
        poolIds: ['WorkerPools-1'],
        machinePolicyId: 'MachinePolicies-1',
        isDisabled: false,
        health: 'Healthy',
        statusSummary: 'It answers',
        style: 'TentaclePassive',
        endpoint: { Uri: `https://w${n}:10933/`, Thumbprint: 'AB'.repeat(20) },
        details: { OperatingSystem: 'Linux' },
      });
    for (let n = 0; n < workers; n += 500)
      await Promise.all(Array.from({ length: Math.min(500, workers - n) }, (_, m) => one(n + m)));
  }
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

function endedTasks(dir: string, count: number): void {
  const db = new Database(join(dir, 'octo.db'));
  db.prepare(
    `insert into task (space_id, name, description, state, only_node_id, queued_ms, started_ms, completed_ms, updated_ms)
     with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
     select 'Spaces-1', 'AdHocScript', 'old', 'Success', '', ?, ?, ?, ? from n`,
  ).run(count, ...Array.from({ length: 4 }, () => Date.now())); // young, so that retention leaves them
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

async function load(what: Load): Promise<Rate> {
  using agent = Object.assign(new Agent({ keepAlive: true, maxSockets: LANES }), {
    [Symbol.dispose]: () => agent.destroy(),
  });
  const times: number[] = [];
  const begin = performance.now();
  const lane = async () => {
    while (performance.now() - begin < ROUND_MS) {
      const at = performance.now();
      await ask(what, agent);
      times.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { perSecond: (times.length / (performance.now() - begin)) * 1_000, p99Ms: percentile(times, 99) };
}

function ask({ url, key = '', method = 'GET', body }: Load, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-octopus-apikey': key, ...(body !== undefined && { 'content-type': 'application/json' }) };
    request(url, { method, headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        if (response.statusCode !== undefined && response.statusCode < 300) resolve(text);
        else reject(new Error(`${url} answered ${response.statusCode}: ${text}`));
      });
    })
      .on('error', reject)
      .end(body);
  });
}

async function bareServer(answer: string): Promise<AsyncDisposable & { readonly url: string }> {
  const child = fork(new URL('./bare-fastify.mjs', import.meta.url).pathname, [], { execArgv: [] });
  child.send(answer);
  const [url] = (await once(child, 'message')) as [string];
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
