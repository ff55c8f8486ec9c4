import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { table } from '../../table.ts';

export default class PluginList extends OctoCommand {
  static override summary = 'List plugins: what each brings, where it is switched on, and why one was refused.';
  static override examples = ['<%= config.bin %> plugin list'];
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(PluginList);
    await using connection = await this.connect(flags);
    const plugins = await connection.api.plugins(AbortSignal.timeout(60_000));
    const loaded = plugins.filter((p) => p.refused === null);
    this.log(
      table(
        ['name', 'version', 'contract', 'brings'],
        loaded.map((p) => [p.name, p.version, String(p.contract), p.brings.join(', ')]),
      ),
    );
    for (const { name, root, refused } of plugins) {
      if (!refused) continue;
      this.log(
        `\nrefused: ${name} (listed in ${root})\n  ${refused.message} [${refused.code}]${refused.hint ? `\n  ${refused.hint}` : ''}`,
      );
    }
    return plugins;
  }
}
