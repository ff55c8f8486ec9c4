import { Args } from '@oclif/core';
import { resolve } from 'node:path';
import { dataFolder } from '../../connect.ts';
import { OctoCommand, placeFlags } from '../../octo-command.ts';

export default class ServerRestore extends OctoCommand {
  static override summary = 'Copy a backup into a data folder that has no database.';
  static override examples = ['<%= config.bin %> server restore /backup/octo-monday --data /var/lib/octo'];
  static override args = { folder: Args.string({ description: 'made by octo server backup', required: true }) };
  static override flags = { data: placeFlags.data };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ServerRestore);
    const { restore } = await import('@octo/server/upkeep');
    const [dataDir, folder] = [dataFolder(flags.data), resolve(args.folder)];
    await restore({ dataDir, folder });
    this.log(`${folder} was copied to ${dataDir}; its master.key has to be there, or in OCTO_MASTER_KEY`);
    return { dataDir, folder };
  }
}
