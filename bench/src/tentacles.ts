import { type Caller, Halibut } from '@octo/halibut';
import { CAPABILITIES, openTentacleSession } from '@octo/tentacle';
import { Forwarder } from '@octo/testkit/faults';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { type Figure, median, percentile, timed } from './figure.ts';
import { untilLine } from './first-line.ts';
import { commitMs, spawnFirstLineMs } from './floors.ts';
import { bash, benchServer, type BenchServer } from './server.ts';
import { identity, limit, machine, patience, way } from './tentacles/ways.ts';

const CALLS = 300;

/** D1r: calls one after the other, and eight at once, over every way; beside a bare TLS echo in another process. */
export async function calls(rounds: number): Promise<readonly Figure[]> {
  const floor = await bareRoundTrips(rounds);
  const figures: Figure[] = [];
  for (const kind of ['octo', 'stock'] as const)
    for (const isPolling of [false, true]) {
      await using it = await way(kind, isPolling);
      const one = () => it.caller.call({ service: CAPABILITIES, method: 'GetCapabilities', params: [] }, limit());
      for (let n = 0; n < 50; n++) await one();
      const rates: number[] = [];
      for (let round = 0; round < rounds; round++)
        rates.push((CALLS / (await timed(async () => {
          for (let n = 0; n < CALLS; n++) await one();
        }))) * 1_000); // prettier-ignore
      const at8 = (CALLS / (await timed(() => Promise.all(Array.from({ length: 8 }, async () => {
        for (let n = 0; n < CALLS / 8; n++) await one();
      }))))) * 1_000; // prettier-ignore
      const who = `${kind === 'octo' ? 'our agent' : 'a stock agent'}, ${isPolling ? 'polling' : 'listening'}`;
      const common = {
        floor,
        floorIs: 'TLS echo between two processes, one at a time',
        unit: '/s',
        better: 'more',
      } as const;
      const goal = isPolling ? 400 : 846;
      figures.push({ what: `D1r calls in a row, ${who}`, ours: median(rates), goal, ...common });
      figures.push({ what: `D1r calls, 8 at once, ${who}`, ours: at8, ...common });
    }
  return figures;
}

async function bareRoundTrips(rounds: number): Promise<number> {
  const child = fork(new URL('./tentacles/echo.ts', import.meta.url).pathname, {
    execArgv: ['--conditions=octo-source'],
  });
  child.send(await identity('echo'));
  const [port] = (await once(child, 'message')) as [number];
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  socket.setNoDelay(true);
  await once(socket, 'secureConnect');
  const one = async () => {
    socket.write('x'.repeat(400));
    await once(socket, 'data');
  };
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++)
    rates.push((CALLS / (await timed(async () => {
      for (let n = 0; n < CALLS; n++) await one();
    }))) * 1_000); // prettier-ignore
  child.kill('SIGKILL');
  return median(rates);
}

interface Fleet extends AsyncDisposable {
  readonly server: BenchServer;
}
/** A built server in a process of its own, and a polling machine in another, warm. */
async function fleet(kind: 'octo' | 'stock'): Promise<Fleet> {
  const server = await benchServer(5, { OCTO_COMMS_PORT: '0' });
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${server.url}${path}`, {
      method,
      headers: { 'X-Octopus-ApiKey': server.key, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  const { comms = '' } = JSON.parse(await readFile(join(server.dataDir, 'server.json'), 'utf8')) as { comms?: string };
  const { Thumbprint } = await ask('GET', '/api/configuration/certificates/certificate-global');
  const port = Number(comms.split(':').at(-1));
  const there = await machine({
    kind,
    identity: await identity('agent'),
    serverThumbprint: String(Thumbprint),
    server: { port, subscription: 'poll://bench/' },
  });
  const endpoint = { CommunicationStyle: 'TentacleActive', Uri: 'poll://bench/', Thumbprint: there.thumbprint };
  const { Id } = await ask('POST', '/api/workers', {
    Name: 'bench',
    WorkerPoolIds: ['WorkerPools-1'],
    Endpoint: endpoint,
  });
  for (;;) {
    const { HealthStatus } = await ask('GET', `/api/workers/${String(Id)}`);
    if (HealthStatus === 'Healthy') break;
    await sleep(50);
  }
  return {
    server,
    async [Symbol.asyncDispose]() {
      await there[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** D1: from the request that enqueues `echo hi` to its line at a client that watches the log, over a warm polling agent. */
export async function dispatch(rounds: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const floor = (await spawnFirstLineMs(40)) + 2 * commitMs(40) + 1_000 / (await bareRoundTrips(1));
  for (const kind of ['octo', 'stock'] as const) {
    await using it = await fleet(kind);
    for (let n = 0; n < 10; n++) await untilLine(it.server.api);
    const all: number[] = [];
    for (let n = 0; n < rounds * 30; n++) all.push(await timed(() => untilLine(it.server.api)));
    const common = {
      floor,
      floorIs: 'spawn of bash to its first byte + 2 durable commits + a TLS round trip',
      unit: 'ms',
      better: 'less',
    } as const;
    const who = kind === 'octo' ? 'our agent' : 'a stock agent';
    figures.push({
      what: `D1 first line over ${who}, polling, p50`,
      ours: median(all),
      target: kind === 'octo' ? 1.6 : 8,
      ...common,
    });
    figures.push({ what: 'the same, p99', ours: percentile(all, 99), ...common });
  }
  return figures;
}

/** D4: how old a line is when a client that watches has it. */
export async function lineAge(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const kind of ['octo', 'stock'] as const) {
    await using it = await fleet(kind);
    const body = 'for i in $(seq 1 60); do date +%s%3N; sleep 0.1; done';
    const { id } = await it.server.api.run(bash(body), limit());
    const ages: number[] = [];
    for (let after = 0; ;) {
      const page = await it.server.api.log(id, { after, waitMs: 5_000 }, limit());
      for (const { text } of page.lines) if (/^\d{13}$/.test(text)) ages.push(Date.now() - Number(text));
      if (page.isEnd) break;
      after = page.next;
    }
    const who = kind === 'octo' ? 'our agent' : 'a stock agent';
    const common = {
      floor: 300,
      floorIs: 'first pause of Octopus between two questions',
      unit: 'ms',
      better: 'less',
    } as const;
    figures.push({
      what: `D4 age of a line at the client, ${who}, p50`,
      ours: median(ages),
      goal: kind === 'octo' ? 5 : 120,
      ...common,
    });
    figures.push({ what: 'the same, p99', ours: percentile(ages, 99), goal: kind === 'octo' ? 25 : 1_000, ...common });
  }
  return figures;
}

/** H1: how long until an agent's silence is noticed, in the middle of a question and while nothing happens. */
export async function lostAgent(): Promise<readonly Figure[]> {
  const common = {
    floor: 65_000,
    floorIs: 'keep-alive of Halibut: 15 s and 10 probes',
    unit: 'ms',
    better: 'less',
  } as const;
  return [
    { what: 'H1 silence in the middle of a call, polling', ours: await lostInACall(true), goal: 5_500, ...common },
    { what: 'H1 silence in the middle of a call, listening', ours: await lostInACall(false), goal: 5_500, ...common },
    { what: 'H1 an idle polling agent is back after silence', ours: await lostIdle(), goal: 21_000, ...common },
  ];
}

interface Behind extends AsyncDisposable {
  readonly line: Forwarder;
  readonly caller: Caller;
  connections(): number;
}
/** An agent of ours behind a network that can fall silent, connected. */
async function behindForwarder(isPolling: boolean): Promise<Behind> {
  await using stack = new AsyncDisposableStack();
  const [server, agent] = [await identity('server'), await identity('agent')];
  const wire = new Halibut({ identity: server });
  const order = { kind: 'octo', identity: agent, serverThumbprint: server.thumbprint } as const;
  if (!isPolling) {
    const there = stack.use(await machine(order));
    const line = stack.use(await Forwarder.listen({ port: there.port }));
    const caller = stack.use(wire.caller({ host: '127.0.0.1', port: line.port, thumbprint: agent.thumbprint }));
    const kept = stack.move();
    return { line, caller, connections: () => 1, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  }
  const subscription = stack.use(wire.subscription('poll://bench/'));
  const subscribers = { find: async () => ({ subscription }) };
  const listener = stack.use(await wire.listen({ host: '127.0.0.1', port: 0, subscribers }));
  const line = stack.use(await Forwarder.listen({ port: listener.port }));
  stack.use(await machine({ ...order, server: { port: line.port, subscription: 'poll://bench/' } }));
  while (subscription.connections === 0) await sleep(10);
  const kept = stack.move();
  const connections = () => subscription.connections;
  return { line, caller: subscription, connections, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function lostInACall(isPolling: boolean): Promise<number> {
  await using it = await behindForwarder(isPolling);
  const session = openTentacleSession({ caller: it.caller, ...patience, limits: { retryTimeLimitMs: 0 } });
  const launch = { taskId: 'ServerTasks-1', body: { bash: 'sleep 60' }, isolation: { exclusive: false, mutex: 'm' } };
  await session.start('bench', launch, limit());
  const waiting = session.status({ ticket: 'bench' }, { after: '', waitMs: 20_000 }, limit());
  await sleep(200);
  silence(it.line);
  const lostMs = await timed(() => waiting.catch(() => {}));
  await session.cancel({ ticket: 'bench' }, AbortSignal.timeout(2_000)).catch(() => {});
  return lostMs;
}

/** Until it has connected anew. */
async function lostIdle(): Promise<number> {
  await using it = await behindForwarder(true);
  await sleep(2_000); // it has read that it is welcome
  silence(it.line);
  const before = it.line.connections.length;
  return await timed(async () => {
    while (it.line.connections.length === before || it.connections() === 0) await sleep(20);
  });
}

function silence(line: Forwarder): void {
  for (const it of line.connections) for (const direction of ['up', 'down'] as const) it.stall(direction);
}
