import { type ExplanationResource } from '@octo/api';
import { Args } from '@oclif/core';
import { connectionFlags, OctoCommand, taskId } from '../../octo-command.ts';

export default class TaskExplain extends OctoCommand {
  static override summary = 'Say why a task waits, what it does where, or how it ended, and what happens next.';
  static override description =
    'For queued, running and ended tasks alike: what each step wants, every candidate with its reason, what is waited for until when, and what a cancelled or lost script really did. The sentences of waits are those of the log.';
  static override examples = [
    '<%= config.bin %> task explain 42',
    '<%= config.bin %> task explain ServerTasks-42 --json',
  ];
  static override args = { id: Args.string({ description: 'id or number of the task', required: true }) };
  static override flags = connectionFlags;

  async run(): Promise<ExplanationResource> {
    const { args, flags } = await this.parse(TaskExplain);
    await using connection = await this.connect(flags);
    const explanation = await connection.api.explain(taskId(args.id), AbortSignal.timeout(60_000));
    this.log(drawTree(explanation).join('\n'));
    return explanation;
  }
}

/** The tree with its branches; what comes next is marked as such. */
export function drawTree({ text, children }: ExplanationResource): readonly string[] {
  return [text, ...branches(children)];
}

function branches(children: readonly ExplanationResource[]): readonly string[] {
  return children.flatMap((child, n) => {
    const isLast = n === children.length - 1;
    const mark = child.kind === 'next' ? '→ ' : '';
    const [first = '', ...rest] = drawTree(child);
    return [`${isLast ? '└─ ' : '├─ '}${mark}${first}`, ...rest.map((line) => `${isLast ? '   ' : '│  '}${line}`)];
  });
}
