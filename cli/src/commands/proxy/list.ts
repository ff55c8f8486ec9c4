import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { storeOf } from '../../resources/store.ts';
import { table } from '../../table.ts';

export default class ProxyList extends OctoCommand {
  static override summary = 'List proxies that lead to workers.';
  static override examples = ['<%= config.bin %> proxy list'];
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ProxyList);
    await using connection = await this.connect(flags);
    const all = await (await storeOf(connection.api, 'proxies')).all();
    const rows = all.map((it) => [it.Id, it.Name, `${it.Host}:${it.Port ?? 80}`, it.Username ?? '']);
    this.log(table(['id', 'name', 'address', 'user'], rows) || 'There are no proxies.');
    return all;
  }
}
