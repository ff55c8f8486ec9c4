import { TASK_STATES, type TaskState } from '@octo/api/resources';
import { Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { table, when } from '../../table.ts';

export default class TaskList extends OctoCommand {
  static override summary = 'List tasks, newest first.';
  static override examples = ['<%= config.bin %> task list', '<%= config.bin %> task list --state Executing --json'];
  static override flags = {
    ...connectionFlags,
    state: Flags.option({ description: 'only these states; may be repeated', options: TASK_STATES, multiple: true })(),
    take: Flags.integer({ description: 'how many at most', default: 30, min: 1 }),
    skip: Flags.integer({ description: 'how many of the newest to leave out', default: 0, min: 0 }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(TaskList);
    await using connection = await this.connect(flags);
    const states = flags.state as TaskState[] | undefined;
    const query = { skip: flags.skip, take: flags.take, ...(states && { states }) };
    const page = await connection.api.tasks(query, AbortSignal.timeout(60_000));
    const rows = page.items.map((t) => [t.id, t.state, when(t.queueTime), t.duration, t.description]);
    this.log(table(['id', 'state', 'queued', 'took', 'description'], rows) || 'There are no tasks yet.');
    const behind = page.totalResults - flags.skip - page.items.length;
    if (behind > 0) this.logToStderr(`${behind} more: --skip ${flags.skip + page.items.length}`);
    return page;
  }
}
