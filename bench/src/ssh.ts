import { launchOf } from '@octo/testkit';
import { SshServer } from '@octo/testkit/ssh';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Figure, median, timed } from './figure.ts';
import {
  bareClient,
  fleet,
  type Host,
  limit,
  newTransport,
  openingTo,
  run,
  sessionTo,
  sshOptions,
} from './ssh/machines.ts';

const MIB = 1024 * 1024;
const LINES = 60;
const UPLOAD_BYTES = 1024 * MIB;
const HOSTS = 50;

/** S1: the first line of `echo hi` over a connection that is there, durable and started once. */
export async function sshFirstLine(rounds: number): Promise<readonly Figure[]> {
  await using server = await SshServer.start();
  await using transport = newTransport();
  const session = await sessionTo(transport, server);
  const bare = await bareClient(server);
  const control = [
    '-o',
    'ControlMaster=auto',
    '-o',
    `ControlPath=${join(server.dir, 'mux')}`,
    '-o',
    'ControlPersist=60',
  ];
  const master = ['127.0.0.1', "bash -c 'echo hi'"];
  await run('ssh', [...sshOptions(server), ...control, ...master]);
  const figures: Record<'ours' | 'exec' | 'openssh', number[]> = { ours: [], exec: [], openssh: [] };
  for (let n = 0; n < LINES * rounds; n++) {
    const ticket = `bench${process.pid}x${n}`;
    const begun = performance.now();
    await session.start(ticket, launchOf('echo hi'), limit());
    let page = await session.status({ ticket }, { after: '', waitMs: 5_000 }, limit());
    figures.ours.push(performance.now() - begun);
    while (page.state !== 'Complete')
      page = await session.status({ ticket }, { after: page.next, waitMs: 5_000 }, limit());
    await session.complete({ ticket }, page.next, limit());
    figures.exec.push(await timed(() => firstLineOf(bare)));
    if (n % 5 === 0)
      figures.openssh.push(await timed(() => firstLineOfSsh([...sshOptions(server), ...control, ...master])));
  }
  bare.end();
  await run('ssh', [...sshOptions(server), ...control, '-O', 'exit', '127.0.0.1']);
  const common = {
    what: 'S1 first line over a warm connection',
    ours: median(figures.ours),
    unit: 'ms',
    better: 'less',
  } as const;
  return [
    {
      ...common,
      floor: median(figures.exec),
      floorIs: 'exec of ssh2 on a socket without Nagle, nothing kept',
      target: 1.3,
    },
    { ...common, floor: median(figures.openssh), floorIs: "OpenSSH's ControlMaster, nothing kept", target: 1 },
  ];
}

function firstLineOf(client: Awaited<ReturnType<typeof bareClient>>): Promise<void> {
  return new Promise((resolve, reject) => {
    client.exec("bash -c 'echo hi'", (error, channel) => {
      if (error) return reject(error);
      channel.once('data', () => resolve());
    });
  });
}
async function firstLineOfSsh(args: readonly string[]): Promise<void> {
  const child = spawn('ssh', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
}

/** S2: are they there, fifty machines, none of them known yet. */
export async function sshHosts(rounds: number): Promise<readonly Figure[]> {
  await using machines = await fleet(HOSTS);
  const hosts = machines.hosts.map((host) => ({ ...host, opening: openingTo(host.server, host.port) })); // its fingerprint costs a process
  const [ours, floor, peers]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    await using transport = newTransport();
    const open = async ({ opening }: (typeof hosts)[number]) => {
      await using session = await transport.open(opening, limit());
      await session.capabilities(limit());
    };
    const bare = async ({ server, port }: Host) => {
      const client = await bareClient(server, port);
      await firstLineOf(client);
      client.end();
    };
    ours.push(await timed(() => Promise.all(hosts.map(open))));
    floor.push(await timed(() => Promise.all(hosts.map(bare))));
    const each = hosts.map(({ server, port }) => [
      ...sshOptions(server).slice(2),
      '-p',
      String(port),
      '127.0.0.1',
      'true',
    ]);
    peers.push(await timed(() => tenAtOnce(each)));
  }
  const common = {
    what: `S2 connectivity of ${HOSTS} machines, cold`,
    ours: median(ours),
    unit: 'ms',
    better: 'less',
  } as const;
  return [
    { ...common, floor: median(floor), floorIs: 'ssh2: connect and one exec each', target: 1.15 },
    { ...common, floor: median(peers), floorIs: 'ssh HOST true, ten at once (xargs -P10)', target: 0.25 },
  ];
}
async function tenAtOnce(all: readonly (readonly string[])[]): Promise<void> {
  const waiting = [...all];
  const next = async (): Promise<void> => {
    for (let args = waiting.shift(); args; args = waiting.shift()) await run('ssh', args);
  };
  await Promise.all(Array.from({ length: 10 }, next));
}

/** P2: 1 GiB to the machine's disk. */
export async function sshUpload(rounds: number): Promise<readonly Figure[]> {
  await using server = await SshServer.start();
  await using transport = newTransport();
  const session = await sessionTo(transport, server);
  const file = join(server.dir, 'package');
  await writeFile(file, Buffer.alloc(UPLOAD_BYTES, 7));
  const open = (start = 0) => createReadStream(file, { start, highWaterMark: MIB });
  const rates: Record<'ours' | 'cat' | 'scp', number[]> = { ours: [], cat: [], scp: [] };
  const rate = (ms: number) => (UPLOAD_BYTES / MIB / ms) * 1_000;
  for (let round = 0; round < rounds; round++) {
    rates.ours.push(rate(await timed(() => session.upload('package', { sizeBytes: UPLOAD_BYTES, open }, limit()))));
    const there = join(server.dir, 'copy');
    rates.cat.push(rate(await timed(() => run('ssh', [...sshOptions(server), '127.0.0.1', `cat > ${there}`], open()))));
    const options = sshOptions(server).slice(2);
    rates.scp.push(
      rate(
        await timed(() => run('scp', ['-O', '-q', '-P', String(server.port), ...options, file, `127.0.0.1:${there}`])),
      ),
    );
    await rm(there, { force: true });
  }
  const common = { what: 'P2 1 GiB over SSH', ours: median(rates.ours), unit: 'MiB/s', better: 'more' } as const;
  return [
    { ...common, floor: median(rates.cat), floorIs: 'ssh HOST cat, of OpenSSH', target: 1 / 0.9 },
    { ...common, floor: median(rates.scp), floorIs: 'scp' },
  ];
}
