import { manyArg, RemoveCommand, removeFlags } from '../../resources/remove-command.ts';

export default class ProxyRemove extends RemoveCommand {
  static override summary = 'Remove one or more: all are looked up before the first one goes.';
  static override examples = ['<%= config.bin %> proxy remove dmz --yes'];
  static override args = manyArg('proxy');
  static override flags = removeFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ProxyRemove);
    return this.remove('proxies', args.names, flags);
  }
}
