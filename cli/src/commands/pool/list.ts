import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { table } from '../../table.ts';

export default class PoolList extends OctoCommand {
  static override summary = 'List worker pools.';
  static override examples = ['<%= config.bin %> pool list'];
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(PoolList);
    await using connection = await this.connect(flags);
    const signal = AbortSignal.timeout(60_000);
    const pools = await connection.api.pools(signal);
    const workers = await connection.api.workers({}, signal);
    const count = (id: string) => String(workers.filter((w) => w.workerPoolIds.includes(id)).length);
    const rows = pools.map((p) => [p.id, p.name, count(p.id), p.isDefault ? 'default' : '', p.description]);
    this.log(table(['id', 'name', 'workers', '', 'description'], rows));
    return pools;
  }
}
