import { ConflictError, type Logger, OctoError } from '@octo/kernel';
import { type Server as HttpsServer } from 'node:https';
import { integrityOf } from '@octo/kernel/host';
import { BUILT_IN_SWITCH } from '@octo/plane';
import { hostname } from 'node:os';
import { openPlane } from './boot.ts';
import { readConfig, type ServerConfig, type ServerOptions } from './config.ts';
import { leaveDoor } from './door.ts';
import { buildApp } from './http/app.ts';
import { firstKey, makeKey } from './keys.ts';
import { openLogger } from './logging.ts';
import { serveAgents } from './inbound/serving.ts';
import { type Plane } from './plane.ts';
import { followTls, readTls } from './secure.ts';
import { VERSION } from './version.ts';

export interface RunningServer {
  /** `http://127.0.0.1:8065` */
  readonly url: string;
  /** Where agents call: `127.0.0.1:10943`. Absent: no transport listens for any. */
  readonly comms?: string;
  /** An API key, at the first start on a data folder only. */
  readonly firstKey?: string;
  /** Resolves when everything is closed after the signal aborted. */
  readonly closed: Promise<void>;
}

/**
 * Open the plane on its folder, take work, and listen. The signal stops it gracefully: no new work, watchers are
 * answered, running scripts go on and are found again by the next start.
 */
export async function startServer(options: ServerOptions, signal: AbortSignal): Promise<RunningServer> {
  const config = await readConfig(options, process.env);
  const logger = openLogger(config.logLevel);
  await using undo = new AsyncDisposableStack();
  const plane = undo.use(await openServerPlane(options, config, logger));
  if (config.builtInWorker !== undefined) await plane.settings.set(BUILT_IN_SWITCH, config.builtInWorker);
  if (config.taskCap !== undefined) await plane.nodes.setTaskCap(plane.host.nodeId, config.taskCap);
  const key = await firstKey(plane.apiKeys, plane.clock.now());
  const localKey = makeKey();
  const app = buildApp(plane, {
    localKey,
    ...(config.tls && { tls: await readTls(config.tls) }),
    ...(config.trustProxy !== undefined && { trustProxy: config.trustProxy }),
  });
  if (config.tls) undo.use(followTls(app.server as unknown as HttpsServer, config.tls, logger)); // made with tls above
  undo.defer(() => app.close());
  const url = await listen(app, config);
  await plane.identity.get(); // agents ask for it, and the first one shall not wait
  const agents = undo.use(await serveAgents(plane, app.server, config.comms));
  undo.defer(() => plane.letGo()); // while its workers are still connected: their tasks must not see them go
  plane.comms = agents.comms;
  const comms = agents.comms && { comms: hostAndPort(agents.comms) };
  undo.use(await leaveDoor(options.dataDir, { url, key: localKey, pid: process.pid, ...comms }));
  warnOfPlainHttp(config, logger);
  await report(plane, { url, ...comms }, options.pluginRoots ?? []);
  const held = undo.move();
  const closed = new Promise<void>((resolve, reject) => {
    const close = () => {
      logger.info({ room: 'server' }, 'stopping; running scripts go on');
      held.disposeAsync().then(resolve, reject);
    };
    if (signal.aborted) close();
    else signal.addEventListener('abort', close, { once: true });
  });
  return { url, ...comms, closed, ...(key !== undefined && { firstKey: key }) };
}

async function openServerPlane(options: ServerOptions, config: ServerConfig, logger: ReturnType<typeof openLogger>) {
  const name = hostname();
  const masterKey = process.env['OCTO_MASTER_KEY'];
  try {
    return await openPlane({
      dataDir: options.dataDir,
      mode: 'work',
      logger,
      node: {
        id: `server-${name.replaceAll(/[^A-Za-z0-9-]/g, '-')}`,
        name,
        kind: 'server',
        taskCap: config.taskCap ?? 5,
      },
      machine: config.machine,
      comms: config.comms,
      ...(config.nodeRuntimes !== undefined && { nodeRuntimes: config.nodeRuntimes }),
      ...(config.allowedPlugins && { allowedPlugins: config.allowedPlugins }),
      ...(options.pluginRoots && { pluginRoots: options.pluginRoots }),
      ...(masterKey !== undefined && { masterKey }),
      ...(config.db !== undefined && { databaseUrl: config.db }),
    });
  } catch (error) {
    if (!OctoError.is(error) || error.code !== 'OCTO_STORAGE_NODE_HELD' || config.db !== undefined) throw error;
    throw new ConflictError('OCTO_SERVER_RUNS', `a server already runs on ${options.dataDir}`, {
      hint: 'use that one (octo task list), or start this one with another --data',
      cause: error,
    });
  }
}

async function listen(app: ReturnType<typeof buildApp>, { host, port, tls }: ServerConfig): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ConflictError('OCTO_SERVER_PORT', `cannot listen on ${host}:${port} (${code ?? String(cause)})`, {
      hint: 'choose another --port, or --port 0 for any free one',
      cause,
    });
  }
  const at = app.server.address();
  const shown = hostAndPort({ host, port: typeof at === 'object' && at !== null ? at.port : port });
  return `${tls ? 'https' : 'http'}://${shown}`;
}

/** As this machine reaches it. */
function hostAndPort({ host, port }: { readonly host: string; readonly port: number }): string {
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}

/** API keys travel in the clear then. */
function warnOfPlainHttp({ host, tls, trustProxy }: ServerConfig, logger: Logger): void {
  const isLoopback = host === 'localhost' || host === '::1' || host.startsWith('127.');
  if (isLoopback || tls || trustProxy === true) return;
  logger.warn(
    { room: 'http', host },
    'plain HTTP beyond this machine: API keys can be read on the way; use --tls-cert-file and --tls-key-file, or a proxy that ends TLS (--trust-proxy)',
  );
}

/** What an operator wants to see first: version, where, and which plugins run with the server's rights. */
async function report(
  plane: Plane,
  where: { readonly url: string; readonly comms?: string },
  outside: readonly string[],
): Promise<void> {
  const { logger } = plane;
  for (const { plugin, version, root } of plane.plugins) {
    const integrity = outside.includes(root) && { integrity: await integrityOf(plugin.name, root) };
    logger.info({ room: 'plugins', name: plugin.name, version, root, ...integrity }, 'plugin loaded');
  }
  for (const { name, error } of plane.refused) {
    logger.warn({ room: 'plugins', name, code: error.code, error: error.message }, 'plugin refused; the rest works');
  }
  logger.info({ room: 'server', version: VERSION, ...where, dataDir: plane.host.dataDir }, 'ready');
}
