import { Args } from '@oclif/core';
import { readStored } from '../../logins.ts';
import { OctoCommand } from '../../octo-command.ts';
import { keyNamed, settingsOf } from '../../settings.ts';

export default class ConfigGet extends OctoCommand {
  static override summary = 'Print one setting; nothing, and exit code 1, where it is not set.';
  static override examples = ['<%= config.bin %> config get server'];
  static override args = { key: Args.string({ description: 'name of the setting', required: true }) };

  async run(): Promise<unknown> {
    const { args } = await this.parse(ConfigGet);
    const key = keyNamed(args.key);
    const value = settingsOf(readStored())[key];
    if (value === undefined) process.exitCode = 1;
    else this.log(value);
    return { key, value: value ?? null };
  }
}
