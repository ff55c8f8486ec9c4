import { type OctoApi } from '@octo/api';
import { InputError } from '@octo/kernel';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface ConnectOptions {
  /** `run`: may take work and adopts what is left behind; `read`: only looks. */
  readonly mode: 'run' | 'read';
  readonly server?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly dataDir: string;
  /** `postgres://…`; default: SQLite in the data folder. */
  readonly db?: string | undefined;
}
export interface Connection extends AsyncDisposable {
  readonly api: OctoApi;
  readonly kind: 'server' | 'in-process';
  /** Address of the server, or the data folder. */
  readonly where: string;
}

/** A server that was named, else the one that runs on the data folder, else the plane in this process (house.md 6.3). */
export async function connect(options: ConnectOptions, signal: AbortSignal): Promise<Connection> {
  const { server, apiKey, dataDir } = options;
  if (server !== undefined) return named(server, apiKey);
  const { findDoor } = await import('@octo/server/door');
  const door = await findDoor(dataDir);
  if (door) {
    const api = await overHttp(door.url, door.key);
    if (await answers(api, signal)) return remote(api, door.url);
  }
  const { openInProcess } = await import('@octo/server/in-process');
  const pluginRoots = [pluginFolder()];
  const { mode, db } = options;
  const plane = await openInProcess({ dataDir, mode, pluginRoots, ...(db !== undefined && { databaseUrl: db }) });
  return {
    api: plane.api,
    kind: 'in-process',
    where: dataDir,
    [Symbol.asyncDispose]: () => plane[Symbol.asyncDispose](),
  };
}

async function named(server: string, apiKey: string | undefined): Promise<Connection> {
  if (!apiKey)
    throw new InputError('OCTO_CLI_NO_KEY', `the server ${server} wants an API key`, {
      hint: 'set OCTO_API_KEY to the key that it printed at its first start',
    });
  if (!/^https?:\/\//.test(server))
    throw new InputError('OCTO_CLI_URL', `"${server}" is no address of a server`, {
      hint: 'write it like http://127.0.0.1:8065',
    });
  return remote(await overHttp(server, apiKey), server);
}

/** The api comes when it is needed: `octo --help` does not pay for it. */
async function overHttp(url: string, apiKey: string): Promise<OctoApi> {
  const { httpApi } = await import('@octo/api');
  return httpApi({ url, apiKey });
}

function remote(api: OctoApi, url: string): Connection {
  return { api, kind: 'server', where: url, [Symbol.asyncDispose]: async () => {} };
}

/** A killed server leaves its door behind: knock, but not for long. */
async function answers(api: OctoApi, signal: AbortSignal): Promise<boolean> {
  try {
    await api.spaces(AbortSignal.any([signal, AbortSignal.timeout(3_000)]));
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

export function octoHome(): string {
  return resolve(process.env['OCTO_HOME'] || join(homedir(), '.octo'));
}
/** Where third-party plugins are switched on (house.md 3.4). */
export function pluginFolder(): string {
  return join(octoHome(), 'plugins');
}
/** `--data`, else OCTO_DATA, else the home of octo. Absolute. */
export function dataFolder(flag: string | undefined): string {
  return resolve(flag || process.env['OCTO_DATA'] || octoHome());
}

/** `--db`, else OCTO_DB. A password on the command line is covered, so that lists of processes do not show it. */
export function databaseAddress(flag: string | undefined): string | undefined {
  if (flag) process.title = 'octo';
  return flag || process.env['OCTO_DB'] || undefined;
}
