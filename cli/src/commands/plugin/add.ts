import { Args, Flags } from '@oclif/core';
import { pluginFolder } from '../../connect.ts';
import { parseDuration } from '../../durations.ts';
import { OctoCommand } from '../../octo-command.ts';

export default class PluginAdd extends OctoCommand {
  static override summary = 'Install a plugin and switch it on: a folder, a tarball, or a package of the npm registry.';
  static override description =
    'Plugins are kept in $OCTO_HOME/plugins (~/.octo/plugins). npm installs without running scripts of the package; then the plugin is loaded once as a test, in a process of its own. If anything fails, everything stays as it was. A plugin runs with the rights of whoever runs octo: add what you trust. A running server takes it up at its next start.';
  static override examples = [
    '<%= config.bin %> plugin add ./my-step',
    '<%= config.bin %> plugin add ./my-step-0.1.0.tgz',
    '<%= config.bin %> plugin add @acme/octo-step-greet@1.2.0',
  ];
  static override args = {
    plugin: Args.string({ description: 'folder, tarball, or name@version', required: true }),
  };
  static override flags = {
    'load-limit': Flags.string({ description: 'how long the test load may take', default: '30s' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(PluginAdd);
    const { addPlugin } = await import('../../plugins/add.ts');
    const { summary } = await import('../../plugins/description.ts');
    const { plugin, before } = await addPlugin({
      spec: args.plugin,
      folder: pluginFolder(),
      root: this.config.root,
      loadLimitMs: parseDuration(flags['load-limit'], '--load-limit') * 1_000,
      progress: (doing) => void process.stderr.write(`${doing}\n`),
    });
    this.log(`${before === undefined ? 'added' : `replaced ${before}:`} ${summary(plugin)}`);
    return { ...plugin, replaced: before ?? null };
  }
}
