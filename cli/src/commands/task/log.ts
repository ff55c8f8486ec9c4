import { type OctoApi } from '@octo/api';
import { Args, Flags } from '@oclif/core';
import { follow, printLine, screenOf } from '../../follow.ts';
import { connectionFlags, OctoCommand, taskId } from '../../octo-command.ts';

export default class TaskLog extends OctoCommand {
  static override summary = 'Print the log of a task; --follow goes on until it ends.';
  static override examples = [
    '<%= config.bin %> task log 42 --follow',
    '<%= config.bin %> task log 42 --raw > log.txt',
  ];
  static override args = { id: Args.string({ description: 'id or number of the task', required: true }) };
  static override flags = {
    ...connectionFlags,
    follow: Flags.boolean({ char: 'f', description: 'wait for more until the task ends', default: false }),
    raw: Flags.boolean({ description: 'with times and categories, everything', default: false, exclusive: ['follow'] }),
    verbose: Flags.boolean({ char: 'v', description: 'verbose lines, too', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(TaskLog);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const id = taskId(args.id);
    const signal = new AbortController().signal;
    if (flags.raw && !this.jsonEnabled()) {
      for await (const text of api.rawLog(id, signal)) if (!process.stdout.write(text)) await drained();
      return undefined;
    }
    if (this.jsonEnabled()) return await wholeLog(api, id, signal);
    const screen = screenOf({ verbose: flags.verbose, json: false });
    if (!flags.follow) {
      for (let after = 0; ;) {
        const page = await api.log(id, { after, waitMs: 0 }, signal);
        for (const line of page.lines) printLine(line, screen);
        if (page.lines.length === 0) return undefined;
        after = page.next;
      }
    }
    const page = await follow(api, id, screen, signal);
    if (!page.isCompleted) {
      this.logToStderr(
        `octo: ${id} is ${page.state}, but its node is gone and nobody observes it; octo server start takes it up`,
      );
      process.exitCode = 1;
    }
    return undefined;
  }
}

async function wholeLog(api: OctoApi, id: string, signal: AbortSignal) {
  const lines = [];
  for (let after = 0; ;) {
    const page = await api.log(id, { after, waitMs: 0 }, signal);
    if (page.lines.length === 0) return { id, state: page.state, lines };
    lines.push(...page.lines);
    after = page.next;
  }
}

function drained(): Promise<void> {
  return new Promise((resolve) => process.stdout.once('drain', resolve));
}
