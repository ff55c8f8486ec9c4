import { type WireSpace } from '@octo/api';
import { Args, Flags } from '@oclif/core';
import { managerFlags, managersOf } from '../../managers.ts';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { segment } from '../../people.ts';

export default class SpaceEdit extends OctoCommand {
  static override summary = 'Change a space: name, managers, whether its queue runs.';
  static override description = 'Managers that are named take the place of those there were, teams and users apart.';
  static override examples = [
    '<%= config.bin %> space edit "Team A" --stop-queue',
    '<%= config.bin %> space edit "Team A" --name "Team B" --manager-user jane',
  ];
  static override args = { space: Args.string({ description: 'id, name or slug', required: true }) };
  static override flags = {
    ...connectionFlags,
    ...managerFlags,
    name: Flags.string({ description: 'another name' }),
    description: Flags.string({ description: 'what it is for' }),
    slug: Flags.string({ description: 'name in addresses' }),
    default: Flags.boolean({ description: 'the space of those who name none', default: false }),
    'stop-queue': Flags.boolean({ description: 'no task of it starts any more', exclusive: ['start-queue'] }),
    'start-queue': Flags.boolean({ description: 'its tasks start again' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(SpaceEdit);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call, findSpace } = await import('@octo/api');
    const signal = AbortSignal.timeout(60_000);
    const before = await findSpace(api, args.space, signal);
    const { teams, users } = await managersOf(api, flags, signal);
    const body = {
      ...before,
      ...(flags.name !== undefined && { Name: flags.name }),
      ...(flags.description !== undefined && { Description: flags.description }),
      ...(flags.slug !== undefined && { Slug: flags.slug }),
      ...(flags.default && { IsDefault: true }),
      ...(flags['stop-queue'] && { TaskQueueStopped: true }),
      ...(flags['start-queue'] && { TaskQueueStopped: false }),
      ...(teams.length > 0 && { SpaceManagersTeams: teams }),
      ...(users.length > 0 && { SpaceManagersTeamMembers: users }),
    };
    const path = `/api/spaces/${segment(before.Id)}`;
    const after = await call<WireSpace>(api, { method: 'PUT', path, body }, signal);
    this.log(`${after.Id}  ${after.Name}${after.TaskQueueStopped ? '  (its queue is stopped)' : ''}`);
    return after;
  }
}
