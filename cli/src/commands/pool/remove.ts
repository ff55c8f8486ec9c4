import { manyArg, RemoveCommand, removeFlags } from '../../resources/remove-command.ts';

export default class PoolRemove extends RemoveCommand {
  static override summary = 'Remove one or more: all are looked up before the first one goes.';
  static override examples = ['<%= config.bin %> pool remove linux-old --yes'];
  static override args = manyArg('worker pool');
  static override flags = removeFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(PoolRemove);
    return this.remove('workerpools', args.names, flags);
  }
}
