import { type OctoApi } from '@octo/api';
import { InputError } from '@octo/kernel';
import { pluginFolder } from './home.ts';
import { currentLogin, keyFor, readStored, type Stored } from './logins.ts';
export { dataFolder, octoHome, pluginFolder } from './home.ts';

export interface ConnectOptions {
  /** `run`: may take work and adopts what is left behind; `read`: only looks. */
  readonly mode: 'run' | 'read';
  readonly server?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly dataDir: string;
  /** `postgres://…`; default: SQLite in the data folder. */
  readonly db?: string | undefined;
  /** By --data or OCTO_DATA: then a stored login does not count. */
  readonly isDataNamed: boolean;
  /** What `octo login` has left; else read when it is needed. */
  readonly stored?: Stored;
}
export interface Connection extends AsyncDisposable {
  readonly api: OctoApi;
  readonly kind: 'server' | 'in-process';
  /** Address of the server, or the data folder. */
  readonly where: string;
  /** Of the stored login. */
  readonly space?: string | undefined;
}

/**
 * Where the api is, first match: the server that was named; with a data folder that was named the server that runs on
 * it, else the plane in this process; the login that is stored; the server that runs on octo's home, else the plane in
 * this process (house.md 6.3).
 */
export async function connect(options: ConnectOptions, signal: AbortSignal): Promise<Connection> {
  const { dataDir } = options;
  const remote = await connectRemote(options, signal);
  if (remote) return remote;
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
/** Of a server only; undefined where none was named, stored or found. */
export async function connectRemote(
  options: Omit<ConnectOptions, 'mode'>,
  signal: AbortSignal,
): Promise<Connection | undefined> {
  const { server, apiKey, dataDir } = options;
  if (server !== undefined) return named(server, apiKey || storedKey(server, options));
  const login = options.isDataNamed ? undefined : currentLogin(stored(options));
  if (login) return remote(await overHttp(login.url, login.key), login.url, login.space);
  const { findDoor } = await import('@octo/server/door');
  const door = await findDoor(dataDir);
  if (!door) return undefined;
  const api = await overHttp(door.url, door.key, true);
  return (await answers(api, signal)) ? remote(api, door.url) : undefined;
}
function storedKey(server: string, options: Stores): string | undefined {
  return URL.canParse(server) ? keyFor(server, stored(options)) : undefined;
}
type Stores = Pick<ConnectOptions, 'stored'>;
function stored(options: Stores): Stored {
  return options.stored ?? readStored();
}

async function named(server: string, apiKey: string | undefined): Promise<Connection> {
  if (!/^https?:\/\//.test(server))
    throw new InputError('OCTO_CLI_URL', `"${server}" is no address of a server`, {
      hint: 'write it like http://127.0.0.1:8065',
    });
  if (!apiKey)
    throw new InputError('OCTO_CLI_NO_KEY', `the server ${server} wants an API key`, {
      hint: `set OCTO_API_KEY to the key that it printed at its first start, or: octo login ${server}`,
    });
  return remote(await overHttp(server, apiKey), server);
}

/** The api comes when it is needed: `octo --help` does not pay for it. */
async function overHttp(url: string, apiKey: string, isOwnMachine = false): Promise<OctoApi> {
  const { httpApi } = await import('@octo/api');
  return httpApi({ url, apiKey, isOwnMachine });
}

function remote(api: OctoApi, url: string, space?: string): Connection {
  return { api, kind: 'server', where: url, space, [Symbol.asyncDispose]: async () => {} };
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

/** `--db`, else OCTO_DB. A password on the command line is covered, so that lists of processes do not show it. */
export function databaseAddress(flag: string | undefined): string | undefined {
  if (flag) process.title = 'octo';
  return flag || process.env['OCTO_DB'] || undefined;
}
