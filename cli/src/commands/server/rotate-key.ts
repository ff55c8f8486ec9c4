import { InputError } from '@octo/kernel';
import { Flags } from '@oclif/core';
import { readFile } from 'node:fs/promises';
import { databaseAddress, dataFolder } from '../../connect.ts';
import { OctoCommand, placeFlags } from '../../octo-command.ts';

export default class ServerRotateKey extends OctoCommand {
  static override summary = 'Seal every secret of the database anew, under another master key.';
  static override description =
    'Stop every server on the database first. The key is master.key in the data folder; where it comes from outside (OCTO_MASTER_KEY), --new-key-file names the new one, and the servers start with that afterwards. It is one transaction: whatever happens, the database opens with the one key or with the other. Backups made before need the old key: keep it with them.';
  static override examples = [
    '<%= config.bin %> server rotate-key',
    'openssl rand -base64 32 > new.key; <%= config.bin %> server rotate-key --new-key-file new.key',
  ];
  static override flags = {
    ...placeFlags,
    'new-key-file': Flags.string({ description: 'file with the new key: 32 bytes in base64' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ServerRotateKey);
    const masterKey = process.env['OCTO_MASTER_KEY'];
    const file = flags['new-key-file'];
    if (masterKey !== undefined && file === undefined)
      throw new InputError('OCTO_CLI_NEW_KEY', 'the master key comes from OCTO_MASTER_KEY, so must the new one', {
        hint: 'openssl rand -base64 32 > new.key; octo server rotate-key --new-key-file new.key',
      });
    const newKey = file === undefined ? undefined : (await readFile(file, 'utf8')).trim();
    const { rotateKey } = await import('@octo/server/upkeep');
    const dataDir = dataFolder(flags.data);
    const databaseUrl = databaseAddress(flags.db);
    const { resealed } = await rotateKey({
      dataDir,
      ...(databaseUrl !== undefined && { databaseUrl }),
      ...(masterKey !== undefined && { masterKey }),
      ...(newKey !== undefined && { newKey }),
    });
    this.log(`Sealed ${resealed} secrets anew.`);
    if (newKey !== undefined) this.log('Start the servers with OCTO_MASTER_KEY set to the new key from now on.');
    else this.log(`The new key is ${dataDir}/master.key: back it up, apart from the database.`);
    return { resealed };
  }
}
