import { connectionFlags } from '../../octo-command.ts';
import { manyArg } from '../../resources/remove-command.ts';
import { SwitchCommand } from '../../worker/switch-command.ts';

export default class WorkerEnable extends SwitchCommand {
  static override summary = 'Let workers take work again.';
  static override examples = ['<%= config.bin %> worker enable web-1 web-2'];
  static override args = manyArg('worker');
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(WorkerEnable);
    return this.switch(args.names, false, flags);
  }
}
