import { Args } from '@oclif/core';
import { pluginFolder } from '../../connect.ts';
import { OctoCommand } from '../../octo-command.ts';

export default class PluginShow extends OctoCommand {
  static override summary =
    'Show a plugin of this machine: what it brings, its integrity, the schemas of its settings.';
  static override examples = [
    '<%= config.bin %> plugin show my-step',
    '<%= config.bin %> plugin show @octo/plugin-step-script --json',
  ];
  static override args = { name: Args.string({ description: 'name of the package', required: true }) };

  async run(): Promise<unknown> {
    const { args } = await this.parse(PluginShow);
    const { showPlugin } = await import('../../plugins/show.ts');
    const { plugin, text } = await showPlugin(args.name, pluginFolder(), this.config.root);
    this.log(text);
    return plugin;
  }
}
