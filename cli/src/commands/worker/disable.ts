import { connectionFlags } from '../../octo-command.ts';
import { manyArg } from '../../resources/remove-command.ts';
import { SwitchCommand } from '../../worker/switch-command.ts';

export default class WorkerDisable extends SwitchCommand {
  static override summary = 'Let workers take no more work; what runs there goes on.';
  static override examples = ['<%= config.bin %> worker disable web-1 web-2'];
  static override args = manyArg('worker');
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(WorkerDisable);
    return this.switch(args.names, true, flags);
  }
}
