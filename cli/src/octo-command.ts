import { OctoError } from '@octo/kernel';
import { Command, Flags } from '@oclif/core';
import { connect, dataFolder, type Connection } from './connect.ts';
import { hasFlag, manners } from './manners.ts';
import { inNamedSpace } from './named-space.ts';

/** Flags that every command has which talks to a plane. */
export const connectionFlags = {
  server: Flags.string({
    description: 'address of a server, e.g. http://127.0.0.1:8065; needs an API key in OCTO_API_KEY',
    env: 'OCTO_URL',
    helpGroup: 'GLOBAL',
  }),
  data: Flags.string({
    description: 'data folder, used without --server [default: $OCTO_HOME or ~/.octo]',
    env: 'OCTO_DATA',
    helpGroup: 'GLOBAL',
  }),
  space: Flags.string({
    description: 'space, by name, id or slug [default: the default space]',
    env: 'OCTO_SPACE',
    helpGroup: 'GLOBAL',
  }),
};
/** What they were given. */
export interface ConnectionFlags {
  readonly server?: string | undefined;
  readonly data?: string | undefined;
  readonly space?: string | undefined;
}

/** Flags of every command. octo reads them before the command runs; here they stand for the parser and for the help. */
const mannerFlags = {
  quiet: Flags.boolean({ description: 'results and errors only', default: false, helpGroup: 'GLOBAL' }),
  'no-prompt': Flags.boolean({
    description: 'never ask: what is missing is an error, as without a terminal',
    default: false,
    helpGroup: 'GLOBAL',
  }),
};

/** Exit code of a failure: wrong usage is 2, an interrupt 130, everything else that went wrong is 1. */
function exitCodeOf(error: OctoError): number {
  if (error.code === 'OCTO_CLI_INTERRUPTED') return 130;
  return error.kind === 'InputError' ? 2 : 1;
}

/** What commands share: connecting, printing errors with code and cure, exit codes 0, 1, 2, 130. */
export abstract class OctoCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = mannerFlags;

  protected async connect(
    flags: ConnectionFlags,
    mode: 'run' | 'read' = 'read',
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Connection> {
    const apiKey = process.env['OCTO_API_KEY'];
    const options = { mode, server: flags.server, apiKey, dataDir: dataFolder(flags.data) };
    const connection = await connect(options, signal);
    return inNamedSpace(connection, flags.space, signal);
  }

  protected override async init(): Promise<void> {
    await super.init();
    manners.quiet = hasFlag(this.argv, '--quiet');
    manners.noPrompt = hasFlag(this.argv, '--no-prompt');
  }
  /** Notes beside the result; --quiet keeps them away. */
  override logToStderr(message = '', ...args: unknown[]): void {
    if (!manners.quiet) super.logToStderr(message, ...args);
  }
  /** A person asked for news: what was done, in a line. */
  protected done(text: string): void {
    if (!manners.quiet) this.log(text);
  }

  protected override async catch(error: Error & { exitCode?: number; oclif?: { exit?: number } }): Promise<unknown> {
    if (!OctoError.is(error)) return super.catch(error);
    process.exitCode = exitCodeOf(error);
    if (this.jsonEnabled()) {
      this.logJson({ error: { code: error.code, message: error.message, hint: error.hint ?? null } });
      return undefined;
    }
    process.stderr.write(`${failure(error)}\n`);
    return undefined;
  }
}

function failure({ code, message, hint }: OctoError): string {
  return `octo: ${message} [${code}]${hint === undefined ? '' : `\n  ${hint}`}`;
}

/** `42` is `ServerTasks-42`. */
export function taskId(text: string): string {
  return /^\d+$/.test(text) ? `ServerTasks-${text}` : text;
}
