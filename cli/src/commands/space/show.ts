import { Args } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { namesOf } from '../../people.ts';
import { facts } from '../../table.ts';

export default class SpaceShow extends OctoCommand {
  static override summary = 'Show a space: managers, and whether its queue runs.';
  static override examples = ['<%= config.bin %> space show Default', '<%= config.bin %> space show Spaces-1 --json'];
  static override args = { space: Args.string({ description: 'id, name or slug', required: true }) };
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(SpaceShow);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { findSpace } = await import('@octo/api');
    const signal = AbortSignal.timeout(60_000);
    const [space, names] = await Promise.all([findSpace(api, args.space, signal), namesOf(api, signal)]);
    const managers = [...space.SpaceManagersTeams, ...space.SpaceManagersTeamMembers];
    this.log(
      facts([
        ['id', space.Id],
        ['name', space.Name],
        ['slug', space.Slug],
        ['description', space.Description],
        ['default', space.IsDefault ? 'yes' : 'no'],
        ['queue', space.TaskQueueStopped ? 'stopped' : 'runs'],
        ['managers', managers.map((id) => names.get(id) ?? id).join(', ')],
      ]),
    );
    return space;
  }
}
