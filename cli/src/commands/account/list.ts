import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { storeOf } from '../../resources/store.ts';
import { table } from '../../table.ts';

export default class AccountList extends OctoCommand {
  static override summary = 'List accounts: what workers and steps sign in with. Secrets are never shown.';
  static override examples = ['<%= config.bin %> account list'];
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(AccountList);
    await using connection = await this.connect(flags);
    const all = await (await storeOf(connection.api, 'accounts')).all();
    const rows = all.map((it) => [it.Id, it.Name, it.AccountType, it.Username ?? it.AccessKey ?? it.ClientId ?? '']);
    this.log(table(['id', 'name', 'type', 'who'], rows) || 'There are no accounts.');
    return all;
  }
}
