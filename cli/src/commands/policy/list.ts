import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { whenChecked } from '../../policy/when-checked.ts';
import { storeOf } from '../../resources/store.ts';
import { table } from '../../table.ts';

export default class PolicyList extends OctoCommand {
  static override summary = 'List machine policies: how workers are reached, checked and cleaned up.';
  static override examples = ['<%= config.bin %> policy list'];
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(PolicyList);
    await using connection = await this.connect(flags);
    const all = await (await storeOf(connection.api, 'machinepolicies')).all();
    const rows = all.map((it) => [
      it.Id,
      it.Name,
      it.IsDefault ? 'default' : '',
      it.ConnectionConnectTimeout ?? '',
      whenChecked(it.MachineHealthCheckPolicy ?? undefined),
    ]);
    this.log(table(['id', 'name', '', 'connect', 'health check'], rows) || 'There are no machine policies.');
    return all;
  }
}
