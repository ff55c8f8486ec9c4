import { Args, Flags } from '@oclif/core';
import { OctoCommand } from '../../octo-command.ts';

/** The test load of `plugin add`, in a process of its own: the answer goes to the parent, not to stdout. */
export default class PluginProbe extends OctoCommand {
  static override hidden = true;
  static override summary = 'Load one plugin of a folder and tell the parent process what it brings.';
  static override args = { name: Args.string({ required: true }) };
  static override flags = {
    copy: Flags.string({ description: 'the folder with the new plugin', required: true }),
    folder: Flags.string({ description: 'the folder as it is without it', required: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PluginProbe);
    const { endWithParent } = await import('../../plugins/watchdog.ts');
    endWithParent();
    const { probe, refusal } = await import('../../plugins/probe.ts');
    const answer = await probe(args.name, { ...flags, root: this.config.root }).then(
      (plugin) => ({ plugin }),
      (cause: unknown) => refusal(cause, args.name),
    );
    // The plugin may have left timers and sockets open.
    process.send?.(answer, () => process.exit(0));
  }
}
