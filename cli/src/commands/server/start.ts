import { Flags } from '@oclif/core';
import { databaseAddress, dataFolder, pluginFolder } from '../../connect.ts';
import { OctoCommand, placeFlags } from '../../octo-command.ts';

export default class ServerStart extends OctoCommand {
  static override summary = 'Start the headless server on a data folder; it stays until SIGINT or SIGTERM.';
  static override description =
    'Listens on 127.0.0.1 unless told otherwise. At the first start on a folder it prints an API key, once. A stop leaves running scripts alone; the next start finds them again. Flags win over OCTO_DB, OCTO_PORT, OCTO_HOST, OCTO_COMMS_PORT, OCTO_COMMS_HOST, OCTO_TASK_CAP, OCTO_BUILTIN_WORKER, OCTO_LOG_LEVEL, OCTO_SCRIPT_USER, OCTO_NODE_RUNTIMES, OCTO_TLS_CERT, OCTO_TLS_KEY, OCTO_TRUST_PROXY, OCTO_PLUGINS_ALLOW, and these over the configuration file.';
  static override examples = [
    '<%= config.bin %> server start',
    '<%= config.bin %> server start --data /var/lib/octo --port 8065 --task-cap 10',
  ];
  static override enableJsonFlag = false;
  static override flags = {
    ...placeFlags,
    port: Flags.integer({ description: 'port; 0 = any free one [default: 8065]', min: 0, max: 65_535 }),
    host: Flags.string({ description: 'address to listen on [default: 127.0.0.1]' }),
    'comms-port': Flags.string({
      description: 'port that polling agents call; 0 = any free one, none = do not listen [default: 10943]',
    }),
    'comms-host': Flags.string({ description: 'address to listen on for polling agents [default: that of --host]' }),
    config: Flags.string({
      description:
        'JSON file with db, port, host, commsPort, commsHost, taskCap, builtInWorker, logLevel, scriptUser, nodeRuntimes, tlsCertificate, tlsKey, trustProxy, scriptLimits, workspaces, plugins.allow',
    }),
    'task-cap': Flags.integer({ description: 'most tasks at once; 0 = none [default: 5, or as it was]', min: 0 }),
    'builtin-worker': Flags.boolean({
      description: 'switch the built-in worker on or off [default: as it was]',
      allowNo: true,
    }),
    'script-user': Flags.string({
      description:
        'as whom scripts of the built-in worker run: own, a user name, uid:gid, or private (each its own user id); all but own need root [default: own]',
    }),
    'node-runtimes': Flags.string({ description: 'folder or URL with Node for workers that have none' }),
    'tls-cert-file': Flags.string({
      description: 'PEM certificate for HTTPS; a renewed one is taken over while running',
    }),
    'tls-key-file': Flags.string({ description: 'PEM key of --tls-cert-file' }),
    'trust-proxy': Flags.boolean({
      description: 'a reverse proxy ends TLS before this server: believe its X-Forwarded headers',
      allowNo: true,
    }),
    'log-level': Flags.string({
      description: 'process log on stderr',
      options: ['silent', 'error', 'warn', 'info', 'debug'],
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ServerStart);
    const { startServer } = await import('@octo/server');
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
    const given = {
      db: databaseAddress(flags.db),
      port: flags.port,
      host: flags.host,
      commsPort: commsPort(flags['comms-port']),
      commsHost: flags['comms-host'],
      configFile: flags.config,
      taskCap: flags['task-cap'],
      builtInWorker: flags['builtin-worker'],
      logLevel: flags['log-level'],
      scriptUser: flags['script-user'],
      nodeRuntimes: flags['node-runtimes'],
      tlsCertificate: flags['tls-cert-file'],
      tlsKey: flags['tls-key-file'],
      trustProxy: flags['trust-proxy'],
    };
    const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const options = { dataDir: dataFolder(flags.data), pluginRoots: [pluginFolder()], ...known };
    const server = await startServer(options, stop.signal);
    this.log(`octo listens on ${server.url}, on ${options.dataDir}`);
    if (server.comms !== undefined) this.log(`polling agents call ${server.comms}`);
    if (server.firstKey !== undefined)
      this.log(
        `API key, shown this once: ${server.firstKey}\n  export OCTO_URL=${server.url} OCTO_API_KEY=${server.firstKey}`,
      );
    await server.closed;
  }
}

/** What is no number is told by the server, as in its other layers of configuration. */
function commsPort(text: string | undefined): number | 'none' | undefined {
  return text === undefined || text === 'none' ? text : Number(text);
}
