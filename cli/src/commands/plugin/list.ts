import { type PluginResource } from '@octo/api';
import { pluginFolder } from '../../connect.ts';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { table } from '../../table.ts';

export default class PluginList extends OctoCommand {
  static override summary = 'List plugins: what each brings, where it is switched on, and why one was refused.';
  static override examples = ['<%= config.bin %> plugin list'];
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(PluginList);
    await using connection = await this.connect(flags);
    const plugins = (await connection.api.plugins(AbortSignal.timeout(60_000))).map(
      await withCommands(this.config.root),
    );
    const loaded = plugins.filter((p) => p.refused === null);
    this.log(
      table(
        ['name', 'version', 'contract', 'brings', 'root'],
        loaded.map((p) => [p.name, p.version, String(p.contract), p.brings.join(', '), p.root]),
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

/** A plane knows nothing of commands: those of the plugins of this very machine are added here. */
async function withCommands(octo: string): Promise<(plugin: PluginResource) => PluginResource> {
  const folder = pluginFolder();
  const { commandsOf } = await import('../../plugins/commands.ts');
  const all = await commandsOf(folder, octo);
  return (plugin) => {
    const ids = plugin.root === folder && plugin.refused === null ? (all.get(plugin.name) ?? []) : [];
    return { ...plugin, brings: [...plugin.brings, ...ids.map((id) => `command ${id.replaceAll(':', ' ')}`)] };
  };
}
