// What bin/octo.js starts, from the bundle. The plugins of $OCTO_HOME may bring commands of their own.
import { type OctoError } from '@octo/kernel';
import { Config, execute } from '@oclif/core';
import { existsSync } from 'node:fs';
import { pluginFolder } from './connect.ts';
import { commandPlugins } from './plugins/commands.ts';
import { withStyleHelp } from './worker/help-word.ts';

/** As a program that SIGPIPE ends looks to a shell. */
const READER_LEFT = 141;

export async function main(root: string, args: string[]): Promise<void> {
  // `octo … | head -1`: there is nobody to talk to any more, and whatever waits for its words to be taken would wait for ever.
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(READER_LEFT);
  });
  const path = pluginFolder();
  // A start that was killed while it exchanged the folder (plugins/folder.ts); asked only where there is none.
  if (!existsSync(path) && existsSync(`${path}.old`)) await (await import('./plugins/folder.ts')).mendPlugins(path);
  const core = isAboutPlugins(args) ? [] : commandPlugins(path);
  const loadOptions = await Config.load({
    root,
    devPlugins: false,
    ...(core.length > 0 && { pluginAdditions: { core, path } }),
  });
  const known = withStyleHelp(asFlags(args));
  if (isUnknown(known, loadOptions)) {
    const { unknownCommand } = await import('./unknown.ts');
    const error = unknownCommand(known, loadOptions.commandIDs);
    if (error) return refuse(error, known);
  }
  await execute({ loadOptions, args: known });
}

/** `octo plugin remove` works whatever the commands of a plugin do when they are loaded. */
function isAboutPlugins([topic]: readonly string[]): boolean {
  return topic === 'plugin';
}

/** `octo help worker list` is `octo worker list --help`. */
function asFlags(args: string[]): string[] {
  return args[0] === 'help' ? [...args.slice(1), '--help'] : args;
}
/** Cheap, because every start asks: no command by the first word, nor by the first two. */
function isUnknown([first = '-', second = '-']: readonly string[], config: Config): boolean {
  return !first.startsWith('-') && !config.findCommand(first) && !config.findCommand(`${first}:${second}`);
}
async function refuse(error: OctoError, args: readonly string[]): Promise<void> {
  const { failure } = await import('./octo-command.ts');
  const { code, message, hint = null } = error;
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify({ error: { code, message, hint } }, null, 2)}\n`);
  else process.stderr.write(`${failure(error)}\n`);
  process.exitCode = 2;
}
