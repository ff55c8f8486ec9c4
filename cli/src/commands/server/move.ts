import { Flags } from '@oclif/core';
import { databaseAddress, dataFolder } from '../../connect.ts';
import { OctoCommand, placeFlags } from '../../octo-command.ts';

export default class ServerMove extends OctoCommand {
  static override summary = 'Copy everything from the SQLite of a data folder to an empty PostgreSQL.';
  static override description =
    'All or nothing, while no server works on the folder. SQLite stays as it was. Artifacts and master.key stay in the data folder, with which the server is started from then on, and with --db or OCTO_DB.';
  static override examples = ['<%= config.bin %> server move --to postgres://octo@db.example/octo'];
  static override flags = {
    data: placeFlags.data,
    to: Flags.string({ description: 'postgres://… [default: OCTO_DB]' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ServerMove);
    const { moveToPostgres } = await import('@octo/server/upkeep');
    const to = databaseAddress(flags.to);
    if (to === undefined) this.error('Missing required flag to', { exit: 2 });
    const rows: Record<string, number> = {};
    await moveToPostgres({
      dataDir: dataFolder(flags.data),
      to,
      progress: (table, done) => this.#show(rows, table, done),
    });
    this.log(
      `Moved ${Object.values(rows).reduce((sum, count) => sum + count, 0)} rows. Start the server with OCTO_DB.`,
    );
    return { rows };
  }

  #show(rows: Record<string, number>, table: string, done: number): void {
    rows[table] = done;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${table}: ${done}`);
  }
}
