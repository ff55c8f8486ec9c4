import { ask, type OctoApi } from '@octo/api';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, median, percentile, timed } from './figure.ts';
import { bash, benchServer } from './server.ts';
import { fleet, type Host } from './ssh/machines.ts';

const WORKERS = 1_000;
/** Ports of some SSH servers; several workers share one. */
const HOSTS = 120;
const TASKS = 60;

/** HR: a round over a thousand workers, and what tasks that run beside it notice. */
export async function healthRound(): Promise<readonly Figure[]> {
  await using machines = await fleet(HOSTS);
  await using server = await benchServer(8);
  const { api } = server;
  const send: Send = (method, path, body) =>
    ask(api, { method, path, ...(body && { body }) }, AbortSignal.timeout(60_000));
  const poolId = await manyWorkers(send, machines.hosts);
  const quiet = await tasks(api);
  const check = await send<{ readonly Id: string }>('POST', '/api/tasks', {
    Name: 'Health',
    Arguments: { WorkerPoolId: poolId },
  });
  const begin = performance.now();
  const busy: number[] = [];
  let state = '';
  do {
    busy.push(...(await tasks(api)));
    state = (await send<{ readonly State: string }>('GET', `/api/tasks/${check.Id}`)).State;
  } while (state === 'Queued' || state === 'Executing');
  const roundMs = performance.now() - begin;
  if (state !== 'Success') throw new Error(`the round ended as ${state}`);
  const beside = { unit: 'ms', better: 'less', floorIs: 'the same with nothing else to do' } as const;
  return [
    { what: `HR a task of true beside a health round of ${WORKERS}, p50`, ours: median(busy), floor: median(quiet), ...beside },
    { what: 'HR the same, p99', ours: percentile(busy, 99), floor: percentile(quiet, 99), ...beside },
    { what: `HR the round itself, ${HOSTS} SSH machines, cold`, ours: roundMs / 1_000, floor: (WORKERS * 0.02), floorIs: '20 ms a worker', unit: 's', better: 'less' },
  ]; // prettier-ignore
}

/** Milliseconds from asking to the end, one after the other, on the built-in worker. */
async function tasks(api: OctoApi): Promise<readonly number[]> {
  const signal = AbortSignal.timeout(120_000);
  const times: number[] = [];
  for (let n = 0; n < TASKS; n++)
    times.push(await timed(async () => {
      const { id } = await api.run(bash('true'), signal);
      for (;;) {
        const { items } = await api.tasks({ ids: [id], take: 1 }, signal);
        if (items[0]?.state !== 'Queued' && items[0]?.state !== 'Executing') return;
        await sleep(5, undefined, { signal });
      }
    })); // prettier-ignore
  return times;
}

type Send = <T>(method: 'GET' | 'POST', path: string, body?: object) => Promise<T>;

/** A pool of workers that share some machines; its id. */
async function manyWorkers(send: Send, hosts: readonly Host[]): Promise<string> {
  const [first] = hosts;
  if (!first) throw new Error('there are no machines');
  const pool = await send<{ readonly Id: string }>('POST', '/api/workerpools', {
    Name: 'many',
    WorkerPoolType: 'StaticWorkerPool',
  });
  const policy = await send<{ readonly Id: string }>('POST', '/api/machinepolicies', {
    Name: 'connectivity',
    MachineHealthCheckPolicy: { HealthCheckType: 'OnlyConnectivity', HealthCheckInterval: null },
  });
  const accounts = new Map<Host['server'], string>();
  for (const { server: ssh } of hosts) {
    if (accounts.has(ssh)) continue;
    const key = Buffer.from(ssh.privateKey).toString('base64');
    const { Id } = await send<{ readonly Id: string }>('POST', '/api/accounts', {
      Name: `ssh ${accounts.size}`,
      AccountType: 'SshKeyPair',
      Username: ssh.username,
      PrivateKeyFile: { HasValue: true, NewValue: key },
    });
    accounts.set(ssh, Id);
  }
  const add = (n: number) => {
    const { server: ssh, port } = hosts[n % hosts.length] ?? first;
    const at = { Host: '127.0.0.1', Port: port, AccountId: accounts.get(ssh), Fingerprint: ssh.fingerprint() };
    return send('POST', '/api/workers', {
      Name: `w${n}`,
      WorkerPoolIds: [pool.Id],
      MachinePolicyId: policy.Id,
      SkipInitialHealthCheck: true,
      Endpoint: { CommunicationStyle: 'Ssh', ...at, Folder: `${ssh.home}/octo` },
    });
  };
  for (let n = 0; n < WORKERS; n += 20) await Promise.all(Array.from({ length: 20 }, (_, m) => add(n + m)));
  return pool.Id;
}
