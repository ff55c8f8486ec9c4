import { Args, Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { confirmed, segment } from '../../people.ts';

export default class SpaceRemove extends OctoCommand {
  static override summary =
    'Remove a space with everything in it. Its queue must be stopped: --stop-queue does that first.';
  static override examples = [
    '<%= config.bin %> space remove "Team A" --stop-queue',
    '<%= config.bin %> space remove "Team A" --stop-queue --yes --json',
  ];
  static override args = { space: Args.string({ description: 'id, name or slug', required: true }) };
  static override flags = {
    ...connectionFlags,
    'stop-queue': Flags.boolean({ description: 'stop its queue first', default: false }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(SpaceRemove);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call, findSpace } = await import('@octo/api');
    const signal = new AbortController().signal; // a person may take long to answer; each call has its limit
    const space = await findSpace(api, args.space, signal);
    await confirmed(`Remove space ${space.Name} (${space.Id}) with all that is in it?`, flags.yes);
    const path = `/api/spaces/${segment(space.Id)}`;
    if (flags['stop-queue'] && !space.TaskQueueStopped)
      await call(api, { method: 'PUT', path, body: { ...space, TaskQueueStopped: true } }, signal);
    await call(api, { method: 'DELETE', path }, signal);
    this.log(`Removed ${space.Name} (${space.Id})`);
    return { removed: space.Id };
  }
}
