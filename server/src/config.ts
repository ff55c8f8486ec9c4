import { type Comms, InputError, type OwnMachine, parse, type ScriptLimits } from '@octo/kernel';
import { type Allowed } from '@octo/kernel/host';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type TlsFiles } from './secure.ts';
import { LOG_LEVELS, type LogLevelName } from './logging.ts';

/** What `octo server start` may be told; flags win over the environment, the environment over the file. */
export interface ServerOptions {
  /** Absolute. */
  readonly dataDir: string;
  /**
   * `postgres://…`; default: SQLite in the data folder. Environment: OCTO_DB, where a password is better kept: command
   * lines are seen by everybody on the machine until the process has covered its own.
   */
  readonly db?: string;
  /** Default 8065; 0 picks a free one. Environment: OCTO_PORT. */
  readonly port?: number;
  /** Default 127.0.0.1: nobody else reaches it unless told so. Environment: OCTO_HOST. */
  readonly host?: string;
  /** Where agents that call us are listened for; `none`: nowhere. Default 10943; 0 picks a free one. Environment: OCTO_COMMS_PORT. */
  readonly commsPort?: number | 'none';
  /** Default: as `host`. Environment: OCTO_COMMS_HOST. */
  readonly commsHost?: string;
  /** JSON file with the names of `fields` below. Environment: OCTO_CONFIG. */
  readonly configFile?: string;
  /** Most tasks at once; 0 = none (R206). Default 5, or what was set for this node before. Environment: OCTO_TASK_CAP. */
  readonly taskCap?: number;
  /** The built-in worker's switch (R12); absent: as it was. Environment: OCTO_BUILTIN_WORKER (true/false). */
  readonly builtInWorker?: boolean;
  /** Default info. Environment: OCTO_LOG_LEVEL. */
  readonly logLevel?: string;
  /** As whom scripts of the built-in worker run (R20, R169); see `OwnMachine`. Default own. Environment: OCTO_SCRIPT_USER. */
  readonly scriptUser?: string;
  /** Folder or URL with Node for workers that have none. Environment: OCTO_NODE_RUNTIMES. */
  readonly nodeRuntimes?: string;
  /** PEM files for HTTPS, both or none; renewed ones are taken over. Environment: OCTO_TLS_CERT, OCTO_TLS_KEY. */
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  /** True behind a reverse proxy that ends TLS: its X-Forwarded-… headers are believed. Environment: OCTO_TRUST_PROXY. */
  readonly trustProxy?: boolean;
  /** Folders whose package.json lists third-party plugins. */
  readonly pluginRoots?: readonly string[];
}

const MEBI = 1024 * 1024;
const amount = z.number().positive();
const allowed = z.strictObject({ name: z.string().min(1), integrity: z.string().min(1).optional() });
const fields = z.strictObject({
  db: z.string().min(1).optional(),
  port: z.int().min(0).max(65_535).optional(),
  host: z.string().min(1).optional(),
  commsPort: z.union([z.int().min(0).max(65_535), z.literal('none')]).optional(),
  commsHost: z.string().min(1).optional(),
  taskCap: z.int().min(0).max(10_000).optional(),
  builtInWorker: z.boolean().optional(),
  logLevel: z.enum(LOG_LEVELS).optional(),
  scriptUser: z.string().min(1).optional(),
  nodeRuntimes: z.string().min(1).optional(),
  tlsCertificate: z.string().min(1).optional(),
  tlsKey: z.string().min(1).optional(),
  trustProxy: z.boolean().optional(),
  /** What a script of the built-in worker may take unless its task says something else. */
  scriptLimits: z
    .strictObject({ timeSeconds: amount, outputMebibytes: amount, diskMebibytes: amount })
    .partial()
    .optional(),
  /** How long and how much of what scripts leave behind is kept. */
  workspaces: z.strictObject({ keepHours: amount, keepMebibytes: amount }).partial().optional(),
  /** Which third-party plugins may be loaded, by name, or by name and the integrity that `octo plugin show` prints. */
  plugins: z.strictObject({ allow: z.array(z.union([z.string().min(1), allowed])) }).optional(),
});
type Fields = z.infer<typeof fields>;

export interface ServerConfig {
  readonly db?: string;
  readonly port: number;
  readonly host: string;
  readonly taskCap?: number;
  readonly builtInWorker?: boolean;
  readonly logLevel: LogLevelName;
  readonly nodeRuntimes?: string;
  readonly tls?: TlsFiles;
  readonly trustProxy?: boolean;
  readonly machine: OwnMachine;
  readonly comms: Comms;
  /** Absent: every plugin of the folder may be loaded. */
  readonly allowedPlugins?: readonly Allowed[];
}

/** The whole configuration of a server, checked. Every fault names the file, variable or flag that it comes from. */
export async function readConfig(options: ServerOptions, env: NodeJS.ProcessEnv): Promise<ServerConfig> {
  const file = options.configFile ?? env['OCTO_CONFIG'];
  const layers: Fields[] = [
    file === undefined ? {} : await parse(fields, await readJson(file), `configuration file ${file}`),
    await parse(fields, fromEnvironment(env), 'the environment (OCTO_…)'),
    await parse(fields, fromOptions(options), 'the command line'),
  ];
  const merged: Fields = Object.assign({}, ...layers.map(withoutUndefined));
  const { scriptUser, scriptLimits, workspaces, plugins, tlsCertificate, tlsKey, commsPort, commsHost, ...rest } =
    merged;
  const host = rest.host ?? '127.0.0.1';
  const machine = machineOf({ scriptUser, scriptLimits, workspaces });
  const allowedPlugins = plugins?.allow.map((a) => (typeof a === 'string' ? { name: a } : a));
  const known = withoutUndefined({ ...rest, allowedPlugins, tls: tlsOf(tlsCertificate, tlsKey) });
  return { port: 8065, logLevel: 'info', ...known, host, machine, comms: commsOf(commsPort, commsHost ?? host) };
}

/** Source of the port: halibut.md 8.2. */
function commsOf(port: Fields['commsPort'] = 10_943, host: string): Comms {
  return port === 'none' ? {} : { listen: { host, port } };
}

function tlsOf(certificate: string | undefined, key: string | undefined): TlsFiles | undefined {
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  throw new InputError('OCTO_TLS_FILES', 'HTTPS needs both a certificate and its key', {
    hint: 'name --tls-cert-file and --tls-key-file (OCTO_TLS_CERT, OCTO_TLS_KEY)',
  });
}

/** How scripts run on this very machine, in the units of the kernel. */
function machineOf({
  scriptUser,
  scriptLimits,
  workspaces,
}: Pick<Fields, 'scriptUser' | 'scriptLimits' | 'workspaces'>) {
  const times = (value: number | undefined, unit: number) => (value === undefined ? undefined : value * unit);
  const limits: ScriptLimits | undefined = scriptLimits && {
    outputBytes: times(scriptLimits.outputMebibytes, MEBI) ?? 1024 * MEBI,
    ...withoutUndefined({
      timeMs: times(scriptLimits.timeSeconds, 1_000),
      diskBytes: times(scriptLimits.diskMebibytes, MEBI),
    }),
  };
  const machine: OwnMachine = withoutUndefined({
    scriptUser,
    limits,
    keepMs: times(workspaces?.keepHours, 3_600_000),
    keepBytes: times(workspaces?.keepMebibytes, MEBI),
  });
  return machine;
}

/** The same where there is no server: only the environment can say something. */
export function machineOfEnvironment(env: NodeJS.ProcessEnv): OwnMachine {
  return machineOf({ scriptUser: env['OCTO_SCRIPT_USER'], scriptLimits: undefined, workspaces: undefined });
}

function fromOptions(options: ServerOptions): unknown {
  const { db, port, host, taskCap, builtInWorker, logLevel, scriptUser, nodeRuntimes } = options;
  const { tlsCertificate, tlsKey, trustProxy, commsPort, commsHost } = options;
  return {
    db,
    port,
    host,
    taskCap,
    builtInWorker,
    logLevel,
    scriptUser,
    nodeRuntimes,
    tlsCertificate,
    tlsKey,
    trustProxy,
    commsPort,
    commsHost,
  };
}

function fromEnvironment(env: NodeJS.ProcessEnv): unknown {
  const number = (name: string) => (env[name] === undefined ? undefined : Number(env[name]));
  const flag = (name: string) => {
    const text = env[name];
    return text === undefined ? undefined : (({ true: true, false: false } as Record<string, boolean>)[text] ?? text);
  };
  const allow = env['OCTO_PLUGINS_ALLOW']; // names with commas between; empty: none at all
  return {
    db: env['OCTO_DB'] || undefined,
    port: number('OCTO_PORT'),
    host: env['OCTO_HOST'],
    commsPort: env['OCTO_COMMS_PORT'] === 'none' ? 'none' : number('OCTO_COMMS_PORT'),
    commsHost: env['OCTO_COMMS_HOST'],
    taskCap: number('OCTO_TASK_CAP'),
    builtInWorker: flag('OCTO_BUILTIN_WORKER'),
    tlsCertificate: env['OCTO_TLS_CERT'],
    tlsKey: env['OCTO_TLS_KEY'],
    trustProxy: flag('OCTO_TRUST_PROXY'),
    logLevel: env['OCTO_LOG_LEVEL'],
    scriptUser: env['OCTO_SCRIPT_USER'],
    nodeRuntimes: env['OCTO_NODE_RUNTIMES'],
    plugins: allow === undefined ? undefined : { allow: allow.split(',').flatMap((name) => name.trim() || []) },
  };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new InputError('OCTO_CONFIG_FILE', `configuration file ${file} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function withoutUndefined<T extends object>(it: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(it).filter(([, value]) => value !== undefined)) as never;
}
