import { Args, Flags } from '@oclif/core';
import { resolve } from 'node:path';
import { dataFolder } from '../../connect.ts';
import { OctoCommand, placeFlags } from '../../octo-command.ts';

export default class ServerBackup extends OctoCommand {
  static override summary = 'Copy a data folder with SQLite into a new folder, while a server works on it.';
  static override description =
    'The copy is a data folder itself: the database as it is at one moment, and the artifacts. Without --with-key it is of no use to whoever does not have master.key; keep that one elsewhere. A PostgreSQL is backed up by pg_dump.';
  static override examples = [
    '<%= config.bin %> server backup /backup/octo-monday',
    '<%= config.bin %> server backup ./copy --with-key && <%= config.bin %> task list --data ./copy',
  ];
  static override args = { folder: Args.string({ description: 'a folder that does not exist yet', required: true }) };
  static override flags = {
    data: placeFlags.data,
    'with-key': Flags.boolean({ description: 'master.key, too', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ServerBackup);
    const { backUp } = await import('@octo/server/upkeep');
    const [dataDir, folder] = [dataFolder(flags.data), resolve(args.folder)];
    await backUp({ dataDir, folder, withKey: flags['with-key'] });
    this.log(`${dataDir} was copied to ${folder}`);
    return { dataDir, folder };
  }
}
