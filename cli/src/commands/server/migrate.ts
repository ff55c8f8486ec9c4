import { Flags } from '@oclif/core';
import { databaseAddress, dataFolder } from '../../connect.ts';
import { OctoCommand, placeFlags } from '../../octo-command.ts';

export default class ServerMigrate extends OctoCommand {
  static override summary = 'Bring the schema of the database up to date; every start of a server does that, too.';
  static override description =
    'Forward only. With --check nothing is changed: exit code 0 says that it is up to date, 1 that it is not.';
  static override examples = ['<%= config.bin %> server migrate', '<%= config.bin %> server migrate --check'];
  static override flags = {
    ...placeFlags,
    check: Flags.boolean({ description: 'only look', default: false }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ServerMigrate);
    const { bringUpToDate, inspectSchema } = await import('@octo/server/upkeep');
    const databaseUrl = databaseAddress(flags.db);
    const options = { dataDir: dataFolder(flags.data), ...(databaseUrl !== undefined && { databaseUrl }) };
    const { found, known } = await (flags.check ? inspectSchema : bringUpToDate)(options);
    if (found === known) this.log(`The schema is up to date (${known}).`);
    else if (flags.check) this.log(`The schema is ${found}; this octo wants ${known}: octo server migrate`);
    else this.log(`The schema was ${found} and is ${known} now.`);
    if (flags.check && found !== known) process.exitCode = 1;
    return { before: found, now: flags.check ? found : known, known };
  }
}
