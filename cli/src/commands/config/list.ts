import { readStored, storeFile } from '../../logins.ts';
import { OctoCommand } from '../../octo-command.ts';
import { settingsOf } from '../../settings.ts';
import { table } from '../../table.ts';

export default class ConfigList extends OctoCommand {
  static override summary = 'What octo config and octo login have kept; never a key.';
  static override examples = ['<%= config.bin %> config list', '<%= config.bin %> config list --json'];

  async run(): Promise<unknown> {
    await this.parse(ConfigList);
    const stored = readStored();
    const settings = settingsOf(stored);
    this.log(
      table(
        ['setting', 'value'],
        Object.entries(settings).map(([key, value]) => [key, value ?? '']),
      ),
    );
    this.logToStderr(`octo: from ${storeFile()}`);
    return { ...settings, login: stored.current ?? null, logins: Object.keys(stored.logins), file: storeFile() };
  }
}
