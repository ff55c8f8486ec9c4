import { Args } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { facts, table } from '../../table.ts';

export default class PoolShow extends OctoCommand {
  static override summary = 'Show one worker pool and its workers.';
  static override examples = ['<%= config.bin %> pool show "Default Worker Pool"'];
  static override args = { pool: Args.string({ description: 'name, slug or id', required: true }) };
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(PoolShow);
    await using connection = await this.connect(flags);
    const signal = AbortSignal.timeout(60_000);
    const pool = await connection.api.pool(args.pool, signal);
    const workers = await connection.api.workers({ pool: pool.id }, signal);
    const [builtIn] = await connection.api.builtInWorkers(signal);
    this.log(
      facts([
        ['Pool', `${pool.name} (${pool.id})`],
        ['What', pool.description],
        ['Default', pool.isDefault ? 'yes' : 'no'],
        ['Workers', workers.length],
        [
          'Built-in',
          pool.isDefault && builtIn ? `${builtIn.isUsed ? 'in use' : 'not used'}: ${builtIn.because}` : undefined,
        ],
      ]),
    );
    if (workers.length > 0)
      this.log(
        `\n${table(
          ['id', 'name', 'status'],
          workers.map((w) => [w.id, w.name, w.isDisabled ? 'Disabled' : w.healthStatus]),
        )}`,
      );
    return { pool, workers };
  }
}
