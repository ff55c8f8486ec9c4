import { InputError } from '@octo/kernel';
import { Args, Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { table } from '../../table.ts';
import { awaitCheck, startCheck } from '../../worker/check.ts';
import { chosenWorkers } from '../../worker/chosen.ts';

export default class WorkerCheck extends OctoCommand {
  static override summary = 'Check the health of workers: those that are named, those of a pool, or all.';
  static override description = 'Without a server the check runs in this process, and octo waits for it.';
  static override examples = [
    '<%= config.bin %> worker check web-1 --wait',
    '<%= config.bin %> worker check --pool linux-prod',
  ];
  static override args = { names: Args.string({ description: 'workers, by name or id', multiple: true }) };
  static override flags = {
    ...connectionFlags,
    pool: Flags.string({ char: 'p', description: 'the workers of this pool' }),
    wait: Flags.boolean({ description: 'wait for the end; exit code 0 only if all are healthy', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(WorkerCheck);
    await using connection = await this.connect(flags, 'run');
    const { api, kind } = connection;
    const found = await chosenWorkers(api, args.names ?? [], flags.pool);
    const workers = found.filter((it) => it.IsDisabled !== true);
    const skipped = found.filter((it) => it.IsDisabled === true).map((it) => it.Name);
    if (skipped.length > 0) this.logToStderr(`octo: not checked, for they are disabled: ${skipped.join(', ')}`);
    if (workers.length === 0)
      throw new InputError('OCTO_CLI_NO_WORKERS', 'there is no enabled worker to check', { hint: 'octo worker list' });
    const task = await startCheck(api, workers);
    if (!flags.wait && kind === 'server') {
      this.log(task.id);
      return task;
    }
    const result = await awaitCheck(api, task, workers, this.jsonEnabled());
    process.exitCode = result.areHealthy ? 0 : 1;
    const rows = result.workers.map((it) => [it.Name, String(it['HealthStatus']), String(it['StatusSummary'])]);
    this.log(table(['worker', 'health', 'why'], rows));
    return { task: task.id, ...result };
  }
}
