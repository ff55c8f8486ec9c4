import { OctoError } from '@octo/kernel';
import { Command, Flags } from '@oclif/core';
import { connect, databaseAddress, dataFolder, type Connection } from './connect.ts';
import { camelNames } from './json-names.ts';
import { readStored } from './logins.ts';
import { hasFlag, manners } from './manners.ts';
import { inNamedSpace } from './named-space.ts';

/** Where an installation is. */
export const placeFlags = {
  data: Flags.string({ description: 'data folder [default: $OCTO_HOME or ~/.octo]', env: 'OCTO_DATA' }),
  db: Flags.string({
    description: 'postgres://… of the database; with a password better as OCTO_DB [default: SQLite in the data folder]',
  }),
};

/**
 * Flags that every command has which talks to a plane. Where it is, first match: --server; the server of --data, else
 * the plane in this process; the stored login; the server of the home folder, else the plane in this process.
 */
export const connectionFlags = {
  server: Flags.string({
    description:
      'address of a server, e.g. http://127.0.0.1:8065; the key comes from OCTO_API_KEY or octo login [default: the server of --data, the stored login, the server that runs on ~/.octo, no server; in this order]',
    env: 'OCTO_URL',
    helpGroup: 'GLOBAL',
  }),
  data: Flags.string({
    description: 'data folder, used without --server; named, it counts before a login [default: $OCTO_HOME or ~/.octo]',
    env: 'OCTO_DATA',
    helpGroup: 'GLOBAL',
  }),
  space: Flags.string({
    description: 'space, by name, id or slug [default: that of the login, else the default space]',
    env: 'OCTO_SPACE',
    helpGroup: 'GLOBAL',
  }),
  db: Flags.string({
    description: 'postgres://… of the database, used without --server [default: OCTO_DB, or SQLite in the data folder]',
    helpGroup: 'GLOBAL',
  }),
};

/** What they were given. */
export interface ConnectionFlags {
  readonly server?: string | undefined;
  readonly data?: string | undefined;
  readonly db?: string | undefined;
  readonly space?: string | undefined;
}

/** Flags of every command. octo reads them before the command runs; here they stand for the parser and for the help. */
const mannerFlags = {
  quiet: Flags.boolean({ description: 'results and errors only', default: false, helpGroup: 'GLOBAL' }),
  'no-color': Flags.boolean({ description: 'no colours, as NO_COLOR', default: false, helpGroup: 'GLOBAL' }),
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
    const isDataNamed = Boolean(flags.data || process.env['OCTO_DATA']);
    const [dataDir, db] = [dataFolder(flags.data), databaseAddress(flags.db)];
    const connection = await connect({ mode, server: flags.server, apiKey, dataDir, db, isDataNamed }, signal);
    return inNamedSpace(connection, flags.space ?? connection.space, signal);
  }

  protected override async init(): Promise<void> {
    await super.init();
    const { settings } = storedUnlessBroken();
    const isOn = (flag: string, setting: string) => hasFlag(this.argv, flag) || settings[setting] === 'true';
    manners.quiet = isOn('--quiet', 'quiet');
    manners.noPrompt = isOn('--no-prompt', 'noPrompt');
    manners.json = settings['output'] === 'json';
    if (isOn('--no-color', 'noColor')) process.env['NO_COLOR'] ??= '1';
  }
  override jsonEnabled(): boolean {
    return super.jsonEnabled() || (manners.json && this.ctor.enableJsonFlag);
  }
  protected override toSuccessJson(result: unknown): unknown {
    return camelNames(result);
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
    const known = OctoError.is(error) ? error : await this.#unknownFlag(error);
    if (!known) return super.catch(error);
    process.exitCode = exitCodeOf(known);
    if (this.jsonEnabled()) {
      this.logJson({ error: { code: known.code, message: known.message, hint: known.hint ?? null } });
      return undefined;
    }
    process.stderr.write(`${failure(known)}\n`);
    return undefined;
  }

  async #unknownFlag(error: Error): Promise<OctoError | undefined> {
    if (error.constructor.name !== 'NonExistentFlagsError') return undefined;
    const { unknownFlag } = await import('./unknown.ts');
    const { flags, baseFlags } = this.ctor;
    return unknownFlag(error, {
      id: this.id ?? '',
      known: ['json', 'help', ...Object.keys({ ...flags, ...baseFlags })],
    });
  }
}

/** A broken file is told by the command that needs what is in it. */
function storedUnlessBroken(): Pick<ReturnType<typeof readStored>, 'settings'> {
  try {
    return readStored();
  } catch {
    return { settings: {} };
  }
}

export function failure({ code, message, hint }: OctoError): string {
  return `octo: ${message} [${code}]${hint === undefined ? '' : `\n  ${hint}`}`;
}

/** `42` is `ServerTasks-42`. */
export function taskId(text: string): string {
  return /^\d+$/.test(text) ? `ServerTasks-${text}` : text;
}
