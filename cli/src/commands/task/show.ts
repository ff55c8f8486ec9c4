import { type TaskInsight } from '@octo/api';
import { Args } from '@oclif/core';
import { connectionFlags, OctoCommand, taskId } from '../../octo-command.ts';
import { facts, table, when } from '../../table.ts';

export default class TaskShow extends OctoCommand {
  static override summary = 'Show what a task did, where, and what it waits for.';
  static override examples = ['<%= config.bin %> task show 42', '<%= config.bin %> task show ServerTasks-42 --json'];
  static override args = { id: Args.string({ description: 'id or number of the task', required: true }) };
  static override flags = connectionFlags;

  async run(): Promise<TaskInsight> {
    const { args, flags } = await this.parse(TaskShow);
    await using connection = await this.connect(flags);
    const insight = await connection.api.task(taskId(args.id), AbortSignal.timeout(60_000));
    this.log(describe(insight));
    return insight;
  }
}

function describe(insight: TaskInsight): string {
  const { task, activities, runs, outputs, artifacts } = insight;
  const names = new Map(activities.map((a) => [a.id, a.name]));
  return [
    facts([
      ['Task', task.id],
      ['What', task.description],
      ['State', insight.isObserved ? task.state : `${task.state}, left behind: ${insight.nodeId} is gone`],
      ['', insight.isObserved ? undefined : 'the next octo run or octo server start on this folder takes it up'],
      ['Error', task.errorMessage && `${task.errorMessage} [${insight.errorCode}]`],
      ['Waits for', insight.waiting && waiting(insight.waiting)],
      ['Queued', when(task.queueTime)],
      ['Started', when(task.startTime)],
      ['Ended', when(task.completedTime)],
      ['Took', task.startTime === null ? undefined : task.duration],
      ['Node', insight.nodeId],
      ['Log', `${insight.logLines} lines, ${insight.logBytes} bytes: octo task log ${task.id}`],
    ]),
    table(
      ['step', 'status', 'ran on', 'end', 'ticket'],
      runs.map((r) => [
        names.get(String(r.action)) ?? String(r.action),
        activities.find((a) => a.id === String(r.action))?.status ?? '',
        r.workerName,
        r.end === null ? r.state : `${r.end} ${r.exitCode ?? ''}`,
        r.ticket,
      ]),
    ),
    table(
      ['output', 'value'],
      outputs.map((o) => [`${o.action}.${o.name}`, o.value ?? '********']),
    ),
    table(
      ['artifact', 'size', 'name'],
      artifacts.map((a) => [a.id, a.sizeBytes === null ? 'missing' : `${a.sizeBytes} B`, a.name]),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function waiting(wait: NonNullable<TaskInsight['waiting']>): string {
  const until = wait.until === null ? '' : ` until ${when(wait.until)}`;
  return `${wait.for} (since ${when(wait.since)}${until}; then ${wait.whenOver})`;
}
