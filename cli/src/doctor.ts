import { OctoError } from '@octo/kernel';
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Connection } from './connect.ts';

export interface Finding {
  readonly what: string;
  readonly verdict: 'ok' | 'warn' | 'fail';
  readonly found: string;
  /** What to do about it; null where nothing is wrong. */
  readonly cure: string | null;
}
/** Below this, starts of scripts are refused (R149). */
const MINIMUM_FREE_BYTES = 500 * 1024 * 1024;

const ok = (what: string, found: string): Finding => ({ what, verdict: 'ok', found, cure: null });
const warn = (what: string, found: string, cure: string): Finding => ({ what, verdict: 'warn', found, cure });
const fail = (what: string, found: string, cure: string): Finding => ({ what, verdict: 'fail', found, cure });

/** Look at everything that a run needs, in the order in which it needs it. Nothing is changed but the folder made. */
export async function examine(dataDir: string, open: () => Promise<Connection>): Promise<readonly Finding[]> {
  return [
    node(),
    await bash(),
    await folder(dataDir),
    await disk(dataDir),
    ...(await plane(open)),
    await keyFile(dataDir),
  ];
}

function node(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 24) return ok('Node', process.version);
  return fail('Node', process.version, 'use Node 24.11 or newer');
}

async function bash(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('bash', ['-c', 'printf %s "$BASH_VERSION"'], { timeout: 10_000 });
    return ok('bash', stdout);
  } catch (error) {
    return fail(
      'bash',
      (error as Error).message.split('\n')[0] ?? '',
      'install bash and put it on the PATH: the built-in worker runs it',
    );
  }
}

async function folder(dataDir: string): Promise<Finding> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await access(dataDir, constants.W_OK | constants.X_OK);
    const { mode, uid } = await stat(dataDir);
    const isOpen = (mode & 0o066) !== 0;
    if (process.getuid?.() !== undefined && uid !== process.getuid())
      return warn(
        'data folder',
        `${dataDir} belongs to user ${uid}`,
        'run octo as that user, or choose another --data',
      );
    if (isOpen) return warn('data folder', `${dataDir} is open to others`, `chmod 700 ${dataDir}`);
    return ok('data folder', dataDir);
  } catch (error) {
    return fail(
      'data folder',
      `${dataDir}: ${(error as Error).message}`,
      'choose another one with --data or OCTO_DATA',
    );
  }
}

async function disk(dataDir: string): Promise<Finding> {
  try {
    const { bavail, bsize } = await statfs(dataDir);
    const free = `${Math.floor((bavail * bsize) / 1024 / 1024)} MiB free`;
    return bavail * bsize >= MINIMUM_FREE_BYTES
      ? ok('disk', free)
      : fail('disk', free, 'make room: scripts are refused below 500 MiB');
  } catch (error) {
    return warn('disk', (error as Error).message, 'look at the data folder');
  }
}

async function plane(open: () => Promise<Connection>): Promise<Finding[]> {
  try {
    await using connection = await open();
    const { api, kind, where } = connection;
    const signal = AbortSignal.timeout(30_000);
    const plugins = await api.plugins(signal);
    const refused = plugins.filter((p) => p.refused !== null);
    const lost = await leftBehind(connection, signal);
    return [
      ok('plane', kind === 'server' ? `server at ${where}` : `opens in-process on ${where}`),
      refused.length === 0
        ? ok('plugins', `${plugins.length} loaded`)
        : warn('plugins', `${refused.map((p) => p.name).join(', ')} refused`, 'octo plugin list says why'),
      lost === 0
        ? ok('tasks', 'none left behind')
        : warn(
            'tasks',
            `${lost} left behind by a process that is gone`,
            'octo server start, or any octo run, takes them up',
          ),
    ];
  } catch (error) {
    const cure = OctoError.is(error) ? error.hint : undefined;
    return [
      fail(
        'plane',
        (error as Error).message,
        cure ?? 'read the message; the database may be damaged or of a newer octo',
      ),
    ];
  }
}

async function leftBehind({ api }: Connection, signal: AbortSignal): Promise<number> {
  const running = await api.tasks({ states: ['Executing', 'Cancelling'], take: 100 }, signal);
  const insights = await Promise.all(running.items.map((t) => api.task(t.id, signal)));
  return insights.filter((i) => !i.isObserved).length;
}

async function keyFile(dataDir: string): Promise<Finding> {
  const file = join(dataDir, 'master.key');
  const found = await stat(file).catch(() => undefined);
  if (process.env['OCTO_MASTER_KEY'] !== undefined) return ok('master key', 'from OCTO_MASTER_KEY');
  if (!found) return ok('master key', 'made at the first run');
  if ((found.mode & 0o066) !== 0) return fail('master key', `${file} can be read by others`, `chmod 600 ${file}`);
  return ok('master key', file);
}
