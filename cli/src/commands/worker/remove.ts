import { manyArg, RemoveCommand, removeFlags } from '../../resources/remove-command.ts';

export default class WorkerRemove extends RemoveCommand {
  static override summary = 'Remove one or more: all are looked up before the first one goes.';
  static override examples = ['<%= config.bin %> worker remove web-1 web-2 --yes'];
  static override args = manyArg('worker');
  static override flags = removeFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(WorkerRemove);
    return this.remove('workers', args.names, flags);
  }
}
