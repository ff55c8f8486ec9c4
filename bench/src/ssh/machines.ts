import { type Account, type Opening, Secret, type Session, type Transport } from '@octo/kernel';
import { openingOf, realClock } from '@octo/testkit';
import { SshServer } from '@octo/testkit/ssh';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2'; // CommonJS
import sshPlugin from '@octo/plugin-transport-ssh';

export interface SshTransport extends Transport<object>, AsyncDisposable {}
export const limit = () => AbortSignal.timeout(60_000);

export function newTransport(): SshTransport {
  const [type] = sshPlugin.transports ?? [];
  if (!type) throw new Error('the plugin brings no transport');
  return type.create({ clock: realClock } as never) as SshTransport; // endpoints are parsed before
}
export function openingTo(server: SshServer, port = server.port): Opening<object> {
  const PrivateKeyFile = new Secret(Buffer.from(server.privateKey).toString('base64'));
  const account: Account = { id: 'Accounts-1', type: 'SshKeyPair', fields: { Username: server.username }, secrets: { PrivateKeyFile } }; // prettier-ignore
  const at = { Host: '127.0.0.1', Port: port, AccountId: 'Accounts-1', Fingerprint: server.fingerprint() };
  return { ...openingOf({ ...at, Folder: `${server.home}/octo` }), account: async () => account };
}
export const sessionTo = (transport: SshTransport, server: SshServer): Promise<Session> =>
  transport.open(openingTo(server), limit());

/** The library by itself, on a socket without Nagle's algorithm. */
export async function bareClient(server: SshServer, port = server.port): Promise<InstanceType<typeof ssh2.Client>> {
  const client = new ssh2.Client();
  const ready = once(client, 'ready');
  const sock = connect({ host: '127.0.0.1', port, noDelay: true });
  client.connect({ sock, username: server.username, privateKey: server.privateKey });
  await ready;
  return client;
}

export const sshOptions = (server: SshServer): readonly string[] => [
  '-p', String(server.port),
  '-i', join(server.dir, 'user'),
  '-o', 'StrictHostKeyChecking=no',
  '-o', `UserKnownHostsFile=${join(server.dir, 'known')}`,
  '-o', 'LogLevel=ERROR',
]; // prettier-ignore

/** Runs a program to its end; rejects with what it says where that is not 0. */
export async function run(program: string, args: readonly string[], input?: NodeJS.ReadableStream): Promise<void> {
  const child = spawn(program, args, { stdio: [input ? 'pipe' : 'ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  if (input && child.stdin) input.pipe(child.stdin);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${said}`);
}

/** One of many machines: a port of one of several SSH servers. */
export interface Host {
  readonly server: SshServer;
  readonly port: number;
}
/** OpenSSH listens on no more than 16 sockets. */
const PORTS = 12;

/** So many machines on loopback; ports stand for hosts. */
export async function fleet(count: number): Promise<{ readonly hosts: readonly Host[] } & AsyncDisposable> {
  const base = 20_000 + Math.floor(Math.random() * 12_000); // below the ports that the system gives to whoever connects
  const servers: SshServer[] = [];
  const hosts: Host[] = [];
  for (let n = 0; n < count; n += PORTS) {
    const ports = Array.from({ length: Math.min(PORTS, count - n) }, (_, m) => base + n + m);
    const server = await SshServer.start({ config: ports.map((port) => `Port ${port}`) });
    servers.push(server);
    hosts.push(...ports.map((port) => ({ server, port })));
  }
  return {
    hosts,
    async [Symbol.asyncDispose]() {
      for (const server of servers) await server[Symbol.asyncDispose]();
    },
  };
}
