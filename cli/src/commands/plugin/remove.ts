import { Args } from '@oclif/core';
import { pluginFolder } from '../../connect.ts';
import { OctoCommand } from '../../octo-command.ts';

export default class PluginRemove extends OctoCommand {
  static override summary = 'Uninstall a plugin that was added. A running server keeps it until its next start.';
  static override examples = ['<%= config.bin %> plugin remove my-step'];
  static override args = { name: Args.string({ description: 'name of the package', required: true }) };

  async run(): Promise<unknown> {
    const { args } = await this.parse(PluginRemove);
    const { removePlugin } = await import('../../plugins/remove.ts');
    const { version } = await removePlugin(args.name, pluginFolder());
    this.log(`removed ${args.name}${version === null ? '' : ` ${version}`}`);
    return { name: args.name, version };
  }
}
