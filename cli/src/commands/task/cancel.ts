import { Args, Flags } from '@oclif/core';
import { follow, screenOf } from '../../follow.ts';
import { connectionFlags, OctoCommand, taskId } from '../../octo-command.ts';

export default class TaskCancel extends OctoCommand {
  static override summary = 'Ask a task to stop; its scripts are ended, with all they started.';
  static override examples = ['<%= config.bin %> task cancel 42 --wait'];
  static override args = { id: Args.string({ description: 'id or number of the task', required: true }) };
  static override flags = {
    ...connectionFlags,
    wait: Flags.boolean({ char: 'w', description: 'follow the log until the task has ended', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(TaskCancel);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const asked = await api.cancel(taskId(args.id), AbortSignal.timeout(60_000));
    if (flags.wait && !asked.isCompleted)
      await follow(api, asked.id, screenOf({ verbose: false, json: this.jsonEnabled() }), new AbortController().signal);
    const { task } = flags.wait ? await api.task(asked.id, AbortSignal.timeout(60_000)) : { task: asked };
    this.log(`${task.id} is ${task.state}`);
    return task;
  }
}
