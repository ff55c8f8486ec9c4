import { Args, Flags } from '@oclif/core';
import { accountFlags, accountKind, accountMembers } from '../../account/types.ts';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { storeOf } from '../../resources/store.ts';

export default class AccountEdit extends OctoCommand {
  static override summary = 'Change an account; what no flag names stays, its secrets too.';
  static override examples = ['<%= config.bin %> account edit deploy-key --private-key-file id_new'];
  static override args = { name: Args.string({ description: 'name or id', required: true }) };
  static override flags = {
    ...connectionFlags,
    rename: Flags.string({ description: 'its new name' }),
    ...accountFlags,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(AccountEdit);
    await using connection = await this.connect(flags);
    const store = await storeOf(connection.api, 'accounts');
    const before = await store.find(args.name);
    const members = await accountMembers(accountKind(before.AccountType), flags, false);
    const account = await store.update(before.Id, { ...before, ...members, Name: flags.rename ?? before.Name });
    this.done(`${account.Id} ${account.Name} was changed`);
    return account;
  }
}
