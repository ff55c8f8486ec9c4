import { Args } from '@oclif/core';
import { currentLogin, readStored, type Stored, writeStored } from '../../logins.ts';
import { OctoCommand } from '../../octo-command.ts';
import { keyNamed, settingsOf, withSetting } from '../../settings.ts';

export default class ConfigSet extends OctoCommand {
  static override summary = 'Keep a setting: server (one of the logins), space, output, noColor, noPrompt, quiet.';
  static override examples = [
    '<%= config.bin %> config set output json',
    '<%= config.bin %> config set space "Team A"',
    '<%= config.bin %> config set server https://octo.example.com',
  ];
  static override args = {
    key: Args.string({ description: 'name of the setting', required: true }),
    value: Args.string({ description: 'what it shall be', required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(ConfigSet);
    const key = keyNamed(args.key);
    const stored = readStored();
    const value = key === 'space' ? await spaceId(stored, args.value) : args.value;
    const after = withSetting(stored, key, value);
    writeStored(after);
    this.log(`${key} = ${settingsOf(after)[key]}`);
    return { key, value: settingsOf(after)[key] };
  }
}

/** By id, name or slug, as the server of the login knows it. */
async function spaceId(stored: Stored, wanted: string): Promise<string> {
  const login = currentLogin(stored);
  if (!login) return wanted; // refused with the reason by withSetting
  const { findSpace, httpApi } = await import('@octo/api');
  const api = httpApi({ url: login.url, apiKey: login.key });
  return (await findSpace(api, wanted, AbortSignal.timeout(60_000))).Id;
}
