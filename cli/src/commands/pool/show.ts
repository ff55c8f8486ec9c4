import { Args } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { facts } from '../../table.ts';
import { conditionTable, type Row, statusWord, withConditions } from '../../worker/condition-table.ts';

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
    const conditions = await connection.api.workerConditions({ pool: pool.id }, signal);
    const rows = withConditions(workers, conditions);
    const [builtIn] = await connection.api.builtInWorkers(signal);
    this.log(
      facts([
        ['Pool', `${pool.name} (${pool.id})`],
        ['What', pool.description],
        ['Default', pool.isDefault ? 'yes' : 'no'],
        ['Workers', countsOf(rows)],
        ['Fit', rows.filter((it) => it.condition?.unfitBecause === null).length],
        ['Leases', rows.reduce((sum, it) => sum + (it.condition?.activeLeases ?? 0), 0)],
        [
          'Built-in',
          pool.isDefault && builtIn ? `${builtIn.isUsed ? 'in use' : 'not used'}: ${builtIn.because}` : undefined,
        ],
      ]),
    );
    if (rows.length > 0) this.log(`\n${conditionTable(rows, [pool], Date.now())}`);
    for (const text of advice(rows)) this.log(`\n${text}`);
    return { pool, workers: rows };
  }
}

/** `12: 10 Healthy, 1 Unavailable, 1 Disabled` */
function countsOf(rows: readonly Row[]): string {
  const byStatus = Map.groupBy(rows, statusWord);
  const parts = [...byStatus].map(([status, some]) => `${some.length} ${status}`);
  return parts.length === 0 ? '0' : `${rows.length}: ${parts.join(', ')}`;
}

/** What experience says about pools (R84). */
function advice(rows: readonly Row[]): readonly string[] {
  const fit = rows.filter((it) => it.condition?.unfitBecause === null);
  if (rows.length === 0) return [];
  if (fit.length === 0) return ['No worker of this pool takes work now: actions that need it fail.'];
  return rows.length === 1 ? ['A pool of one worker stops when that one does: two or more are advised.'] : [];
}
