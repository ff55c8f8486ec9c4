import { OctoError } from '@octo/kernel';
import { Command, Flags } from '@oclif/core';
import { connect, databaseAddress, dataFolder, type Connection } from './connect.ts';

/** Where an installation is. */
export const placeFlags = {
  data: Flags.string({ description: 'data folder [default: $OCTO_HOME or ~/.octo]', env: 'OCTO_DATA' }),
  db: Flags.string({
    description: 'postgres://… of the database; with a password better as OCTO_DB [default: SQLite in the data folder]',
  }),
};

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
  db: Flags.string({
    description: 'postgres://… of the database, used without --server [default: OCTO_DB, or SQLite in the data folder]',
    helpGroup: 'GLOBAL',
  }),
};

/** Exit code of a failure: wrong usage is 2, everything else that went wrong is 1. */
function exitCodeOf(error: OctoError): number {
  return error.kind === 'InputError' ? 2 : 1;
}

/** What commands share: connecting, printing errors with code and cure, exit codes 0, 1, 2, 130. */
export abstract class OctoCommand extends Command {
  static override enableJsonFlag = true;

  protected connect(
    flags: {
      readonly server?: string | undefined;
      readonly data?: string | undefined;
      readonly db?: string | undefined;
    },
    mode: 'run' | 'read' = 'read',
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Connection> {
    const apiKey = process.env['OCTO_API_KEY'];
    const [dataDir, db] = [dataFolder(flags.data), databaseAddress(flags.db)];
    return connect({ mode, server: flags.server, apiKey, dataDir, db }, signal);
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
