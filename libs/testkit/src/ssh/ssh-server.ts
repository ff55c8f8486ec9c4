import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { accessSync, chmodSync, constants, mkdirSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SshServerOptions {
  /** Lines of sshd_config, before the usual ones: `MaxSessions 2`. */
  readonly config?: readonly string[];
  /** Kinds of host keys. Default: ed25519. */
  readonly hostKeys?: readonly ('ed25519' | 'ecdsa' | 'rsa')[];
}

/** The program of OpenSSH's server, by its full path, for it starts itself again; undefined where it is not installed. */
export const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find(isProgram);

/**
 * A real OpenSSH server on a free port of 127.0.0.1, with keys of its own. Whoever runs the tests signs in as himself, and
 * has a home of his own for it: `SetEnv` gives the sessions another HOME.
 */
export class SshServer implements AsyncDisposable {
  readonly port: number;
  readonly home: string;
  readonly username = userInfo().username;
  /** PEM of the key that is let in. */
  readonly privateKey: string;
  readonly dir: string;
  #process: ChildProcess;

  private constructor(dir: string, port: number, privateKey: string, process: ChildProcess) {
    this.dir = dir;
    this.home = join(dir, 'home');
    this.port = port;
    this.privateKey = privateKey;
    this.#process = process;
  }

  static async start({ config = [], hostKeys = ['ed25519'] }: SshServerOptions = {}): Promise<SshServer> {
    if (SSHD === undefined) throw new Error('no sshd is installed: apt-get install openssh-server');
    const dir = await mkdtemp(join(tmpdir(), 'octo-sshd-'));
    mkdirSync(join(dir, 'home'));
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    for (const kind of hostKeys) makeKey(join(dir, `host_${kind}`), kind);
    makeKey(join(dir, 'user'), 'ed25519');
    await appendFile(join(dir, 'authorized_keys'), await readFile(join(dir, 'user.pub')));
    const port = await freePort();
    await writeFile(join(dir, 'sshd_config'), configOf(dir, port, hostKeys, config));
    const started = await run(dir, port);
    return new SshServer(dir, port, await readFile(join(dir, 'user'), 'utf8'), started);
  }

  /** Process id of the server that accepts; each connection is a child of it. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }
  fingerprint(kind: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519', hash: 'sha256' | 'md5' = 'sha256'): string {
    const said = execFileSync('ssh-keygen', ['-lf', join(this.dir, `host_${kind}.pub`), '-E', hash], {
      encoding: 'utf8',
    });
    return said.split(' ')[1] ?? '';
  }
  /** Let another key in, in the form of authorized_keys. */
  async allow(line: string): Promise<void> {
    await appendFile(join(this.dir, 'authorized_keys'), `${line.trim()}\n`);
  }
  /** What was written to its log. */
  log(): Promise<string> {
    return readFile(join(this.dir, 'log'), 'utf8').catch(() => '');
  }
  /** All connections end at once, as if the machine had been switched off, and the server is gone. */
  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    for (const pid of this.connectionPids()) end(pid);
    this.#process.kill('SIGKILL');
    if (this.#process.exitCode === null && this.#process.signalCode === null) await gone;
  }
  /** Processes of sshd that serve a connection. */
  connectionPids(): readonly number[] {
    const said = execFileSync('ps', ['-eo', 'pid=,ppid=,comm='], { encoding: 'utf8' });
    const all = said.split('\n').map((line) => line.trim().split(/\s+/));
    const of = (parent: number): number[] =>
      all.filter(([, ppid, comm]) => Number(ppid) === parent && comm?.startsWith('sshd')).flatMap(([pid]) => [Number(pid), ...of(Number(pid))]); // prettier-ignore
    return of(this.pid);
  }
  /** The same port, the same keys unless they were replaced. */
  async restart(): Promise<void> {
    await this.kill();
    this.#process = await run(this.dir, this.port);
  }
  async replaceHostKey(): Promise<void> {
    await rm(join(this.dir, 'host_ed25519'));
    await rm(join(this.dir, 'host_ed25519.pub'));
    makeKey(join(this.dir, 'host_ed25519'), 'ed25519');
    await this.restart();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Without a passphrase unless one is given; `kind` as ssh-keygen names it. */
export function makeKey(file: string, kind: 'ed25519' | 'ecdsa' | 'rsa', passphrase = ''): void {
  const size = kind === 'rsa' ? ['-b', '2048'] : [];
  execFileSync('ssh-keygen', ['-q', '-t', kind, ...size, '-N', passphrase, '-C', 'octo-test', '-f', file]);
  chmodSync(file, 0o600);
}

function configOf(dir: string, port: number, kinds: readonly string[], more: readonly string[]): string {
  return [
    ...more,
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...kinds.map((kind) => `HostKey ${join(dir, `host_${kind}`)}`),
    `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
    `PidFile ${join(dir, 'pid')}`,
    `SetEnv HOME=${join(dir, 'home')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin yes',
    'PrintMotd no',
    'UseDNS no',
    'MaxStartups 100',
    'LogLevel VERBOSE',
    '',
  ].join('\n');
}

async function run(dir: string, port: number): Promise<ChildProcess> {
  const child = spawn(SSHD ?? '', ['-D', '-f', join(dir, 'sshd_config'), '-E', join(dir, 'log')], { stdio: 'ignore' });
  for (const endMs = performance.now() + 10_000; ;) {
    if (await answers(port)) return child;
    if (child.exitCode !== null || performance.now() > endMs)
      throw new Error(`sshd does not listen: ${await readFile(join(dir, 'log'), 'utf8').catch(() => '')}`);
    await sleep(20);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('data', () => resolve((socket.destroy(), true))).once('error', () => resolve(false)).once('close', () => resolve(false)); // prettier-ignore
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number }; // it listens on TCP
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it was faster
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
