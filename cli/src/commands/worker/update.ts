import { InputError } from '@octo/kernel';
import { Args, Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { awaitCheck, startUpdate } from '../../worker/check.ts';
import { chosenWorkers } from '../../worker/chosen.ts';

export default class WorkerUpdate extends OctoCommand {
  static override summary = 'Bring the agents of workers to the version that the server has, beside what runs there.';
  static override description =
    'Running scripts go on. A new version that does not prove itself within a minute is not kept: the old one serves again. The server takes agents from DATA/agents: tentacle-VERSION-PLATFORM, e.g. tentacle-0.2.0-linux-x64.';
  static override examples = [
    '<%= config.bin %> worker update web-1 web-2 --wait',
    '<%= config.bin %> worker update --pool linux-prod',
  ];
  static override args = { names: Args.string({ description: 'workers, by name or id', multiple: true }) };
  static override flags = {
    ...connectionFlags,
    pool: Flags.string({ char: 'p', description: 'the workers of this pool' }),
    wait: Flags.boolean({ description: 'wait for the end; exit code 0 only if none failed', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(WorkerUpdate);
    await using connection = await this.connect(flags, 'run');
    const { api, kind } = connection;
    const workers = (await chosenWorkers(api, args.names ?? [], flags.pool)).filter((it) => it.IsDisabled !== true);
    if (workers.length === 0)
      throw new InputError('OCTO_CLI_NO_WORKERS', 'there is no enabled worker to update', { hint: 'octo worker list' });
    const task = await startUpdate(api, workers);
    if (!flags.wait && kind === 'server') {
      this.log(task.id);
      return task;
    }
    const result = await awaitCheck(api, task, workers, this.jsonEnabled());
    process.exitCode = result.state === 'Success' ? 0 : 1;
    return { task: task.id, ...result };
  }
}
