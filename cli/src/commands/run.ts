import { type LogPage, type OctoApi, type RunRequest, type TaskInsight } from '@octo/api';
import { InputError } from '@octo/kernel';
import { Args, Flags } from '@oclif/core';
import { text as readStream } from 'node:stream/consumers';
import { parseDuration } from '../durations.ts';
import { carryFiles } from '../folder-files.ts';
import { follow, screenOf } from '../follow.ts';
import { onInterrupt } from '../interrupts.ts';
import { connectionFlags, OctoCommand } from '../octo-command.ts';
import { parseVariable, readSecret, readText } from '../variables.ts';

export default class Run extends OctoCommand {
  static override summary = 'Run a script, or a process of several actions, on a worker.';
  static override description =
    'Follows the log live; what the script prints goes to stdout, everything else to stderr. Without a server the task runs in this process, on the data folder; the script itself is detached and outlives it. Ctrl-C asks the task to cancel, a second Ctrl-C leaves.';
  static override examples = [
    "<%= config.bin %> run 'echo hello from $(hostname)'",
    '<%= config.bin %> run --file deploy.sh --var Customer=acme --secret Password=@password.txt --timeout 10m',
    '<%= config.bin %> run --process process.json --pool linux-prod',
    '<%= config.bin %> run --folder ./deploy --file main.sh --parameters \'--env "prod eu"\'',
    '<%= config.bin %> run --syntax Python --file report.py --with data.csv',
    "echo 'uname -a' | <%= config.bin %> run -",
  ];
  static override args = { script: Args.string({ description: 'the script; - reads it from stdin' }) };
  static override flags = {
    ...connectionFlags,
    file: Flags.string({ char: 'f', description: 'read the script from a file', exclusive: ['process'] }),
    folder: Flags.string({
      description: 'lay everything below this folder beside the script; --file then names a file in it',
      exclusive: ['process'],
    }),
    with: Flags.string({
      description: 'lay this file beside the script; may be repeated',
      multiple: true,
      default: [],
      exclusive: ['process'],
    }),
    process: Flags.string({ description: 'JSON file: a list of actions with name, type, properties and perhaps pool' }),
    pool: Flags.string({ char: 'p', description: 'worker pool by name or id [default: the default pool]' }),
    var: Flags.string({ description: 'variable as NAME=VALUE; may be repeated', multiple: true, default: [] }),
    secret: Flags.string({
      description: 'sensitive variable as NAME=@FILE, or NAME to take it from the environment; may be repeated',
      multiple: true,
      default: [],
    }),
    syntax: Flags.string({
      description: 'language of the script [default: by the name of --file, else Bash]',
      options: ['Bash', 'PowerShell', 'Python'],
    }),
    parameters: Flags.string({ description: 'appended to the script as it is, e.g. \'-v "two words"\'' }),
    name: Flags.string({ description: 'what the task is called in lists' }),
    timeout: Flags.string({ description: 'longest execution, e.g. 90s, 10m, 1h [default: none]' }),
    'queue-timeout': Flags.string({ description: 'longest time in the queue [default: 1d]' }),
    follow: Flags.boolean({
      description: 'follow the log to the end; --no-follow needs a server',
      default: true,
      allowNo: true,
    }),
    verbose: Flags.boolean({ char: 'v', description: 'verbose lines, too', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Run);
    const request = await requestOf(args.script, flags);
    await using connection = await this.connect(flags, 'run');
    const { api, kind } = connection;
    if (!flags.follow && kind === 'in-process')
      throw new InputError(
        'OCTO_CLI_NO_FOLLOW',
        '--no-follow needs a server, for in this process the task ends with it',
        {
          hint: 'octo server start',
        },
      );
    const task = await api.run(request, AbortSignal.timeout(60_000));
    if (!flags.follow) {
      this.log(task.id);
      return task;
    }
    const { page, wasAsked } = await this.#attend(api, task.id, flags.verbose);
    const insight = await api.task(task.id, AbortSignal.timeout(60_000));
    process.exitCode = wasAsked ? 130 : page.state === 'Success' ? 0 : 1;
    this.#conclude(insight);
    return insight;
  }

  async #attend(api: OctoApi, taskId: string, verbose: boolean): Promise<{ page: LogPage; wasAsked: boolean }> {
    const tell = (text: string) => process.stderr.write(`octo: ${text}\n`);
    let asked: Promise<unknown> = Promise.resolve();
    using interrupts = onInterrupt(
      () => {
        tell(`asking ${taskId} to cancel; Ctrl-C again leaves`);
        asked = api
          .cancel(taskId, AbortSignal.timeout(60_000))
          .catch((error: unknown) => tell(`the cancel failed: ${String(error)}`));
      },
      () => {
        tell(`leaving; what runs of ${taskId} may go on. Look with: octo task show ${taskId}`);
        setTimeout(() => process.exit(130), LEAVE_MS);
        void asked.then(() => process.exit(130)); // what was said to be asked is asked
      },
    );
    const screen = screenOf({ verbose, json: this.jsonEnabled() });
    const page = await follow(api, taskId, screen, new AbortController().signal);
    return { page, wasAsked: interrupts.wasAsked };
  }

  #conclude({ task, artifacts }: TaskInsight): void {
    if (this.jsonEnabled()) return;
    for (const { id, name, sizeBytes } of artifacts)
      if (sizeBytes !== null) process.stderr.write(`artifact ${name}: octo artifact get ${id}\n`);
    if (task.state !== 'Success') process.stderr.write(`octo: ${task.id} ended as ${task.state}\n`);
  }
}

/** Longest that leaving waits for the cancel that is on its way. */
const LEAVE_MS = 2_000;

/** The flags above that make the request. */
interface Given {
  readonly file?: string | undefined;
  readonly folder?: string | undefined;
  readonly with: readonly string[];
  readonly process?: string | undefined;
  readonly pool?: string | undefined;
  readonly var: readonly string[];
  readonly secret: readonly string[];
  readonly syntax?: string | undefined;
  readonly parameters?: string | undefined;
  readonly name?: string | undefined;
  readonly timeout?: string | undefined;
  readonly 'queue-timeout'?: string | undefined;
}

async function requestOf(script: string | undefined, flags: Given): Promise<RunRequest> {
  const variables = flags.var.map(parseVariable);
  for (const secret of flags.secret) variables.push(await readSecret(secret, process.env));
  const actions =
    flags.process === undefined ? [await scriptAction(script, flags)] : await processActions(script, flags.process);
  const description = flags.name ?? (flags.process === undefined ? undefined : `Process ${flags.process}`);
  return {
    actions,
    variables,
    ...(description !== undefined && { description }),
    ...(flags.pool !== undefined && { pool: flags.pool }),
    ...(flags.timeout !== undefined && { timeoutSeconds: parseDuration(flags.timeout, '--timeout') }),
    ...(flags['queue-timeout'] !== undefined && {
      queueTimeoutSeconds: parseDuration(flags['queue-timeout'], '--queue-timeout'),
    }),
  };
}

async function scriptAction(script: string | undefined, flags: Given): Promise<RunRequest['actions'][number]> {
  const files = await carryFiles(flags.folder, flags.with);
  const isInFolder = flags.folder !== undefined && flags.file !== undefined && script === undefined;
  const source: Record<string, string> = isInFolder
    ? {
        'Octopus.Action.Script.ScriptSource': 'Package',
        'Octopus.Action.Script.ScriptFileName': flags.file ?? '',
      }
    : { 'Octopus.Action.Script.ScriptBody': await bodyOf(script, flags.file) };
  return {
    name: flags.name ?? 'Script',
    type: 'Octopus.Script',
    ...(files.length > 0 && { files }),
    properties: {
      ...source,
      'Octopus.Action.Script.Syntax': flags.syntax ?? syntaxOf(flags.file),
      ...(flags.parameters !== undefined && { 'Octopus.Action.Script.ScriptParameters': flags.parameters }),
    },
  };
}

function syntaxOf(file = ''): string {
  if (file.endsWith('.py')) return 'Python';
  return file.endsWith('.ps1') ? 'PowerShell' : 'Bash';
}

async function bodyOf(script: string | undefined, file: string | undefined): Promise<string> {
  if (file !== undefined && script !== undefined)
    throw new InputError('OCTO_CLI_SCRIPT', 'a script and --file were both given', { hint: 'give one of them' });
  if (file !== undefined) return readText(file);
  if (script !== undefined && script !== '-') return script;
  if (script === '-' || !process.stdin.isTTY) {
    const body = await readStream(process.stdin);
    if (body.trim() !== '') return body;
  }
  throw new InputError('OCTO_CLI_SCRIPT', 'there is no script to run', { hint: "write it: octo run 'echo hi'" });
}

async function processActions(script: string | undefined, file: string): Promise<RunRequest['actions']> {
  if (script !== undefined)
    throw new InputError('OCTO_CLI_SCRIPT', 'a script and --process were both given', { hint: 'give one of them' });
  const text = await readText(file);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new InputError('OCTO_CLI_PROCESS', `${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const { parseProcess } = await import('@octo/api');
  return parseProcess(content, file);
}
