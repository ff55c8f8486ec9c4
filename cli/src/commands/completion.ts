import { type Command, Args, Flags } from '@oclif/core';
import { type CommandShape, shapeOf } from '../completion/shape.ts';
import { OctoCommand } from '../octo-command.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
const LIMIT_MS = 1_000;

export default class Completion extends OctoCommand {
  static override summary = 'Print a script that completes commands, flags and names in your shell.';
  static override description = `Names of workers, pools, tasks, spaces, users and teams come from the server, if one answers within a second.`;
  static override examples = [
    '<%= config.bin %> completion bash > ~/.local/share/bash-completion/completions/octo',
    '<%= config.bin %> completion zsh > "${fpath[1]}/_octo"',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/octo.fish',
  ];
  static override args = { shell: Args.string({ description: 'which shell', options: [...SHELLS] }) };
  static override flags = {
    names: Flags.string({
      description: 'what the script asks for: names of this kind, one a line',
      exclusive: ['json'],
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Completion);
    if (flags.names !== undefined) return this.#names(flags.names);
    const { ask } = await import('../ask.ts');
    const shell = args.shell ?? (await ask.choice('Which shell?', SHELLS, { flag: 'SHELL' }));
    const script = await scriptFor(shell, this.config.commands.filter((it) => !it.hidden).map(shapeOfCommand));
    if (this.jsonEnabled()) return { shell, script };
    process.stdout.write(script);
    return undefined;
  }

  /** Whoever presses Tab shall neither wait nor read errors. Nothing is opened here that a hard end could hurt. */
  async #names(kind: string): Promise<undefined> {
    setTimeout(() => process.exit(0), LIMIT_MS).unref();
    const { namesOfKind } = await import('../completion/names.ts');
    const names = await namesOfKind(kind, AbortSignal.timeout(LIMIT_MS)).catch(() => []);
    for (const name of names) process.stdout.write(`${name}\n`);
  }
}

function shapeOfCommand(command: Command.Loadable): CommandShape {
  return shapeOf(command.id, command.flags, command.args);
}

async function scriptFor(shell: string, commands: readonly CommandShape[]): Promise<string> {
  if (shell === 'fish') return (await import('../completion/fish.ts')).fishScript(commands);
  const { bashScript, zshScript } = await import('../completion/sh.ts');
  return shell === 'zsh' ? zshScript(commands) : bashScript(commands);
}
