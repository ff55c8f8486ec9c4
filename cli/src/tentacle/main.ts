import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { COMMON, type Command, type Io, value } from './command.ts';
import { failureText, isKnown } from './errors.ts';
import { format } from './format.ts';
import { appendLog } from './log-file.ts';
import { isSame, masked, parseOptions } from './parse.ts';

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
  version: async () => (await import('./commands/version.ts')).version,
  watchdog: async () => (await import('./commands/elsewhere.ts')).watchdog,
};
const ALIASES: Readonly<Record<string, string>> = { run: 'agent', v: 'version', '?': 'help' };
const FORMAT = value('format', 'text or json');

/** The `tentacle` program: exit codes 0, 1, 2 and 100, results on stdout, failures on stderr (halibut.md 9.1). */
export async function runTentacle(argv: readonly string[], io: Io): Promise<number> {
  const { first, given } = commandFirst(argv);
  const name = nameOf(first);
  // A token may stand alone, for one line to paste.
  const rest = name === 'join' && given[0] && !/^[-/]/.test(given[0]) ? ['--token', ...given] : given;
  try {
    if (name === '' || name === 'help') return await help(rest, name === '' ? 2 : 0, io);
    const load = COMMANDS[name];
    if (!load) return isKubernetes(name) ? notHere(first, io) : unknown(first, 2, io);
    const command = await load();
    if (rest.some(isHelp)) return await help([name, ...rest.filter((arg) => !isHelp(arg))], 0, io);
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

/** Switches of every command may stand before its name, too. */
function commandFirst(argv: readonly string[]): { readonly first: string; readonly given: readonly string[] } {
  const switches = COMMON.filter((it) => it.kind === 'switch').flatMap((it) => it.names);
  const isSwitch = (arg: string) => switches.some((name) => isSame(arg.replace(/^(--?|\/)/, ''), name));
  const at = argv.findIndex((arg) => !/^[-/]/.test(arg) || !isSwitch(arg));
  if (at < 0) return { first: '', given: argv };
  return { first: argv[at] ?? '', given: [...argv.slice(at + 1), ...argv.slice(0, at)] };
}

/** A command may stand there like an option: `--version`. */
function nameOf(word: string): string {
  const name = word.toLowerCase().replace(/^[-/]+/, '');
  return ALIASES[name] ?? name;
}
const isHelp = (arg: string) => /^(--?|\/)(help|\?)$/i.test(arg);

function quiet(io: Io): Io {
  return { ...io, line: () => {} };
}

function unknown(name: string, exitCode: number, io: Io): number {
  io.error(`Command '${name}' is not supported`);
  io.line("See 'tentacle help'");
  return exitCode;
}

/** Verbs that somebody may bring along, whatever their options: better than that they are unknown (workers.md 3). */
const isKubernetes = (name: string) => /^(register|migrate-preinstalled)-k8s-/.test(name);
function notHere(name: string, io: Io): number {
  io.error(
    `${name} is for the Kubernetes agent, which this is not. Register as a worker: tentacle help register-worker`,
  );
  return 1;
}

/** Whatever else stands there is passed over: somebody looks for help. */
async function help(args: readonly string[], exitCode: number, io: Io): Promise<number> {
  const { showCommand, showCommands } = await import('./help.ts');
  const at = args.findIndex((arg) => /^(--?|\/)format([=:]|$)/i.test(arg));
  const end = at < 0 ? at : /[=:]/.test(args[at] ?? '') ? at + 1 : at + 2;
  const wanted = format(parseOptions(at < 0 ? [] : args.slice(at, end), [FORMAT]));
  const word = args.find((arg, n) => /^[a-z]/i.test(arg) && !(n > at && n < end));
  const name = word === undefined || isSame(word, 'help') ? '' : nameOf(word);
  const load = COMMANDS[name];
  if (name !== '' && !load) return unknown(word ?? '', 0, io);
  if (load) showCommand(await load(), wanted, io);
  else showCommands(await Promise.all(Object.values(COMMANDS).map((one) => one())), wanted, io);
  return exitCode;
}

/** Before an instance is known (9.1). */
function logPath({ env }: Io): string {
  const base = env['XDG_DATA_HOME'] || join(env['HOME'] || homedir(), '.local/share');
  return join(base, 'Octopus/Logs/OctopusTentacle.txt');
}

function log(io: Io, text: string): void {
  appendLog(logPath(io), text);
}
