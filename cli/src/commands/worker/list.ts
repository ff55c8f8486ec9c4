import { Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { table } from '../../table.ts';

export default class WorkerList extends OctoCommand {
  static override summary = 'List workers, and the built-in ones beside them.';
  static override examples = [
    '<%= config.bin %> worker list',
    '<%= config.bin %> worker list --pool linux-prod --json',
  ];
  static override flags = {
    ...connectionFlags,
    pool: Flags.string({ char: 'p', description: 'only the workers of this pool' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(WorkerList);
    await using connection = await this.connect(flags);
    const signal = AbortSignal.timeout(60_000);
    const { api } = connection;
    const query = flags.pool === undefined ? {} : { pool: flags.pool };
    const [workers, builtIn, pools] = await Promise.all([
      api.workers(query, signal),
      flags.pool === undefined ? api.builtInWorkers(signal) : [],
      api.pools(signal),
    ]);
    const names = new Map(pools.map((p) => [p.id, p.name]));
    const rows = [
      ...workers.map((w) => [
        w.id,
        w.name,
        w.isDisabled ? 'Disabled' : w.healthStatus,
        w.endpoint.communicationStyle,
        w.workerPoolIds.map((id) => names.get(id) ?? id).join(', '),
      ]),
      ...builtIn.map((b) => ['(built-in)', `${b.name} of ${b.nodeId}`, b.isUsed ? 'in use' : 'idle', '', b.because]),
    ];
    this.log(table(['id', 'name', 'status', 'style', 'pools'], rows) || 'There are no workers.');
    return { workers, builtIn };
  }
}
