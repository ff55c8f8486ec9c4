import { Args } from '@oclif/core';
import { readStored, writeStored } from '../../logins.ts';
import { OctoCommand } from '../../octo-command.ts';
import { keyNamed, withSetting } from '../../settings.ts';

export default class ConfigUnset extends OctoCommand {
  static override summary = 'Forget a setting. Without server no login counts; the logins stay.';
  static override examples = ['<%= config.bin %> config unset output', '<%= config.bin %> config unset server'];
  static override args = { key: Args.string({ description: 'name of the setting', required: true }) };

  async run(): Promise<unknown> {
    const { args } = await this.parse(ConfigUnset);
    const key = keyNamed(args.key);
    writeStored(withSetting(readStored(), key, undefined));
    this.log(`${key} is not set`);
    return { key, value: null };
  }
}
