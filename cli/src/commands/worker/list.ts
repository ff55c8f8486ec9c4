import { Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { conditionTable, type Row, statusWord, strayLines, withConditions } from '../../worker/condition-table.ts';

export default class WorkerList extends OctoCommand {
  static override summary = 'List workers with their status, and why some take no work; the built-in ones beside them.';
  static override examples = [
    '<%= config.bin %> worker list',
    '<%= config.bin %> worker list --unfit',
    '<%= config.bin %> worker list --pool linux-prod --json',
  ];
  static override flags = {
    ...connectionFlags,
    pool: Flags.string({ char: 'p', description: 'only the workers of this pool' }),
    status: Flags.string({
      description: 'only those: Healthy, HasWarnings, Unhealthy, Unavailable, Unknown, Disabled, Quarantined',
    }),
    unfit: Flags.boolean({ description: 'only those that take no work now', default: false }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(WorkerList);
    await using connection = await this.connect(flags);
    const signal = AbortSignal.timeout(60_000);
    const { api } = connection;
    const query = flags.pool === undefined ? {} : { pool: flags.pool };
    const [workers, builtIn, pools, conditions] = await Promise.all([
      api.workers(query, signal),
      flags.pool === undefined ? api.builtInWorkers(signal) : [],
      api.pools(signal),
      api.workerConditions(query, signal),
    ]);
    const rows = withConditions(workers, conditions).filter((it) => isWanted(it, flags));
    const own = flags.unfit || flags.status !== undefined ? [] : builtIn;
    if (rows.length > 0) this.log(conditionTable(rows, pools, Date.now()));
    for (const { name, nodeId, because, isUsed, strays } of own) {
      this.log(`${rows.length > 0 ? '\n' : ''}${name} of ${nodeId}: ${isUsed ? 'in use' : 'idle'}; ${because}`);
      for (const line of strayLines('may still run', strays, Date.now())) this.log(line);
    }
    if (rows.length + own.length === 0)
      this.log(workers.length === 0 ? 'There are no workers.' : 'There are no such workers.');
    return { workers: rows, builtIn: own };
  }
}

function isWanted(row: Row, flags: { readonly status?: string | undefined; readonly unfit: boolean }): boolean {
  if (flags.unfit && row.condition?.unfitBecause == null) return false;
  return flags.status === undefined || statusWord(row).toLowerCase() === flags.status.toLowerCase();
}
