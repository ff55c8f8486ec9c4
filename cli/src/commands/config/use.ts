import { Args } from '@oclif/core';
import { loginNamed, readStored, writeStored } from '../../logins.ts';
import { OctoCommand } from '../../octo-command.ts';

export default class ConfigUse extends OctoCommand {
  static override summary = 'Choose the login that commands use.';
  static override examples = ['<%= config.bin %> config use prod', '<%= config.bin %> login --list'];
  static override args = { name: Args.string({ description: 'name of the login', required: true }) };

  async run(): Promise<unknown> {
    const { args } = await this.parse(ConfigUse);
    const stored = readStored();
    const current = loginNamed(stored, args.name);
    writeStored({ ...stored, current });
    this.log(`${current}: ${stored.logins[current]?.url}`);
    return { name: current, url: stored.logins[current]?.url };
  }
}
