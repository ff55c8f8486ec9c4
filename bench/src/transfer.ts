import { type Identity } from '@octo/halibut';
import { type Bytes, type Session } from '@octo/kernel';
import { openTentacleSession } from '@octo/tentacle';
import { SshServer } from '@octo/testkit/ssh';
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { type Figure, median, timed } from './figure.ts';
import { run, sshOptions } from './ssh/machines.ts';
import { identity, limit, patience, temporary, way } from './tentacles/ways.ts';

const MIB = 1024 * 1024;
const TRANSFER_BYTES = 512 * MIB;

/** P1: a package from server to machine, hashed at both ends, into memory. */
export async function transfer(rounds: number): Promise<readonly Figure[]> {
  const folder = await temporary();
  const file = join(folder, 'package');
  await writeFile(file, Buffer.alloc(TRANSFER_BYTES, 7));
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: MIB })) hash.update(chunk as Buffer);
  const sha256 = hash.digest('hex');
  const bytes: Bytes = {
    sizeBytes: TRANSFER_BYTES,
    sha256,
    open: (start = 0) => createReadStream(file, { start, highWaterMark: MIB }),
  };
  try {
    const floor = await rawTransfer(file, rounds, await identity('sink'));
    const peer = await scp(file, rounds);
    const figures: Figure[] = [];
    for (const [who, kind, isPolling] of [
      ['our agent, listening', 'octo', false],
      ['our agent, polling', 'octo', true],
    ] as const) {
      // prettier-ignore
      await using it = await way(kind, isPolling);
      const session: Session = openTentacleSession({ caller: it.caller, ...patience });
      await session.capabilities(limit());
      const rates: number[] = [];
      for (let n = 0; n < rounds; n++)
        rates.push((TRANSFER_BYTES / MIB / (await timed(() => session.upload('package', bytes, limit())))) * 1_000);
      const common = {
        what: `P1 512 MiB to ${who}`,
        ours: median(rates),
        unit: 'MiB/s',
        better: 'more',
      } as const;
      figures.push(
        { ...common, floor, floorIs: 'the same over a bare TLS socket, hashed and written', target: 1 / 0.9 },
        { ...common, floor: peer, floorIs: 'scp of OpenSSH into the same memory', target: 1 / 1.5 },
      );
    }
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function scp(file: string, rounds: number): Promise<number> {
  await using server = await SshServer.start();
  const [, , ...options] = sshOptions(server);
  const to = ['-O', '-q', '-P', String(server.port), ...options, file, `127.0.0.1:${file}.scp`];
  const rates: number[] = [];
  for (let n = 0; n < rounds; n++) rates.push((TRANSFER_BYTES / MIB / (await timed(() => run('scp', to)))) * 1_000);
  return median(rates);
}

async function rawTransfer(file: string, rounds: number, sink: Identity): Promise<number> {
  const rates: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const child = fork(new URL('./tentacles/sink.ts', import.meta.url).pathname, {
      execArgv: ['--conditions=octo-source'],
    });
    child.send({ identity: sink, file: `${file}.raw`, bytes: TRANSFER_BYTES });
    const [port] = (await once(child, 'message')) as [number];
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    rates.push((TRANSFER_BYTES / MIB / (await timed(async () => {
      const answer = once(socket, 'data');
      for await (const chunk of createReadStream(file, { highWaterMark: MIB })) if (!socket.write(chunk)) await once(socket, 'drain');
      await answer;
    }))) * 1_000); // prettier-ignore
    child.kill('SIGKILL');
  }
  return median(rates);
}
