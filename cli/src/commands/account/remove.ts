import { manyArg, RemoveCommand, removeFlags } from '../../resources/remove-command.ts';

export default class AccountRemove extends RemoveCommand {
  static override summary = 'Remove one or more: all are looked up before the first one goes.';
  static override examples = ['<%= config.bin %> account remove deploy-key --yes'];
  static override args = manyArg('account');
  static override flags = removeFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(AccountRemove);
    return this.remove('accounts', args.names, flags);
  }
}
