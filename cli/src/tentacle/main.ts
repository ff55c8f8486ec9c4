import { appendFileSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { COMMON, type Command, type Io, type Option, value } from './command.ts';
import { failureText, isKnown, KnownFailure } from './errors.ts';
import { isSame, masked, parseOptions, type Values } from './parse.ts';
import { VERSION } from './version.ts';

/** How each verb is found, without loading any other. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  agent: async () => (await import('./commands/agent.ts')).agent,
  checkservices: async () => (await import('./commands/elsewhere.ts')).checkServices,
  'clear-trusted-servers': async () => (await import('./commands/trust.ts')).clearTrustedServers,
  configure: async () => (await import('./commands/configure.ts')).configure,
  'create-instance': async () => (await import('./commands/instances.ts')).createInstance,
  'delete-instance': async () => (await import('./commands/instances.ts')).deleteInstance,
  'deregister-from': async () => (await import('./rest-commands.ts')).restCommand('deregister-from'),
  'deregister-worker': async () => (await import('./rest-commands.ts')).restCommand('deregister-worker'),
  extract: async () => (await import('./commands/extract.ts')).extract,
  'import-certificate': async () => (await import('./commands/certificates.ts')).importCertificate,
  join: async () => (await import('./joining/join.ts')).join,
  'list-instances': async () => (await import('./commands/instances.ts')).listInstancesCommand,
  livez: async () => (await import('./commands/livez.ts')).livez,
  'new-certificate': async () => (await import('./commands/certificates.ts')).newCertificate,
  'poll-server': async () => (await import('./rest-commands.ts')).restCommand('poll-server'),
  'polling-proxy': async () => (await import('./commands/proxies.ts')).pollingProxy,
  proxy: async () => (await import('./commands/proxies.ts')).proxy,
  'register-with': async () => (await import('./rest-commands.ts')).restCommand('register-with'),
  'register-worker': async () => (await import('./rest-commands.ts')).restCommand('register-worker'),
  'server-comms': async () => (await import('./commands/trust.ts')).serverComms,
  service: async () => (await import('./commands/service.ts')).service,
  'set-polling-connection-count': async () => (await import('./commands/configure.ts')).setPollingConnectionCount,
  'show-configuration': async () => (await import('./commands/show-configuration.ts')).showConfiguration,
  'show-thumbprint': async () => (await import('./commands/certificates.ts')).showThumbprint,
  'update-trust': async () => (await import('./commands/trust.ts')).updateTrust,
  watchdog: async () => (await import('./commands/elsewhere.ts')).watchdog,
};
const ALIASES: Readonly<Record<string, string>> = { run: 'agent', '--version': 'version', '-v': 'version' };
const FORMAT = value('format', 'text or json');

/** The `tentacle` program: exit codes 0, 1, 2 and 100, results on stdout, failures on stderr (halibut.md 9.1). */
export async function runTentacle(argv: readonly string[], io: Io): Promise<number> {
  const [first = '', ...given] = argv;
  const name = ALIASES[first.toLowerCase()] ?? first.toLowerCase();
  // A token may stand alone, for one line to paste.
  const rest = name === 'join' && given[0] && !/^[-/]/.test(given[0]) ? ['--token', ...given] : given;
  try {
    if (name === '' || name.startsWith('-') || name.startsWith('/')) return await topHelp(io, name === '' ? [] : argv);
    if (name === 'help') return await help(rest, io);
    if (name === 'version') return version(rest, io);
    const load = COMMANDS[name];
    if (!load) return unknown(first, io);
    const command = await load();
    const [all, formats] = [
      [...command.options, ...COMMON, { names: ['help', '?', 'h'], kind: 'switch', about: 'this text' } as Option],
      [FORMAT],
    ];
    if (rest.some((arg) => /^(--?|\/)(help|\?)$/i.test(arg)))
      return showHelp(command, parseOptions(rest, [...all, ...formats]), io);
    const values = parseOptions(rest, [...command.options, ...COMMON]);
    log(io, `tentacle ${first} ${masked(rest)}`);
    return (await command.run(values, values.has('noconsolelogging') ? quiet(io) : io)) ?? 0;
  } catch (error) {
    const { text, exitCode } = failureText(error, dirname(logPath(io)));
    io.error(text);
    log(io, isKnown(error) ? error.message : text);
    return exitCode;
  }
}

function quiet(io: Io): Io {
  return { ...io, line: () => {} };
}

async function topHelp(io: Io, argv: readonly string[]): Promise<number> {
  if (argv.length > 0 && /^(--?|\/)(help|\?)$/i.test(argv[0] ?? '')) return help(argv.slice(1), io);
  if (argv.length > 0) return unknown(argv[0] ?? '', io);
  await help([], io);
  return 2;
}

function unknown(name: string, io: Io): number {
  io.error(`Command '${name}' is not supported`);
  io.line('See tentacle help for the commands that there are.');
  return 2;
}

async function help(args: readonly string[], io: Io): Promise<number> {
  const [name = ''] = args.filter((arg) => !arg.startsWith('-'));
  const load = COMMANDS[ALIASES[name.toLowerCase()] ?? name.toLowerCase()];
  if (load) return showHelp(await load(), parseOptions(args.filter((arg) => arg !== name), [FORMAT, ...COMMON]), io); // prettier-ignore
  const all = await Promise.all(Object.values(COMMANDS).map((one) => one()));
  io.line('Usage: tentacle <command> [--option=value …]\n\nCommands:\n');
  const width = Math.max(...all.map((it) => it.name.length)) + 2;
  for (const it of all) io.line(`  ${it.name.padEnd(width)}${it.about}`);
  io.line(`  ${'version'.padEnd(width)}which version this is`);
  io.line('\ntentacle help <command> tells its options.');
  return 0;
}

function showHelp(command: Command, values: Values, io: Io): number {
  const { name, about, aliases = [], options } = command;
  if (format(values) === 'json') {
    const Options = options.map((it) => ({ Name: it.names[0], Description: it.about }));
    io.write(JSON.stringify({ Name: name, Description: about, Aliases: aliases, Options }, undefined, 2));
    return 0;
  }
  io.line(`Usage: tentacle ${name} [--option=value …]\n\n${about}\n\nOptions:\n`);
  const shown = [...options, ...COMMON].map((it) => ({ text: spell(it), about: it.about }));
  const width = Math.min(40, Math.max(...shown.map((it) => it.text.length)) + 2);
  for (const it of shown) io.line(`  ${it.text.padEnd(width)}${it.about}`);
  return 0;
}

function spell({ names, kind }: Option): string {
  const dashed = names.map((name) => (name.length === 1 ? `-${name}` : `--${name}`)).join(', ');
  return kind === 'switch' ? dashed : `${dashed}=VALUE`;
}

/** Anything but text and json is a failure. */
export function format(values: Values): 'text' | 'json' {
  const given = values.get('format') ?? 'text';
  if (isSame(given, 'text')) return 'text';
  if (isSame(given, 'json')) return 'json';
  throw new KnownFailure(`The format '${given}' is not supported. Try text or json.`);
}

function version(args: readonly string[], io: Io): number {
  const values = parseOptions(args, [FORMAT, ...COMMON]);
  if (format(values) === 'text') {
    io.write(VERSION);
    return 0;
  }
  const MajorMinorPatch = VERSION.split('-')[0];
  const parts = { InformationalVersion: VERSION, MajorMinorPatch, NuGetVersion: VERSION, SourceBranchName: 'main' };
  io.write(JSON.stringify({ ...parts, IsPrerelease: VERSION.includes('-') }, undefined, 2));
  return 0;
}

/** Before an instance is known (9.1). */
function logPath({ env }: Io): string {
  const base = env['XDG_DATA_HOME'] || join(env['HOME'] || homedir(), '.local/share');
  return join(base, 'Octopus/Logs/OctopusTentacle.txt');
}

function log(io: Io, text: string): void {
  try {
    mkdirSync(dirname(logPath(io)), { recursive: true });
    appendFileSync(logPath(io), `${new Date().toISOString()} ${text}\n`, { mode: 0o600 });
  } catch {
    // a command works where nothing can be logged
  }
}
