import { type WireSpace } from '@octo/api';
import { Args, Flags } from '@oclif/core';
import { ask } from '../../ask.ts';
import { managerFlags, managersOf } from '../../managers.ts';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';

export default class SpaceAdd extends OctoCommand {
  static override summary = 'Add a space; without a manager named it is you who manages it.';
  static override examples = ['<%= config.bin %> space add "Team A" --manager-team deployers'];
  static override args = { name: Args.string({ description: 'name of the space' }) };
  static override flags = {
    ...connectionFlags,
    ...managerFlags,
    description: Flags.string({ description: 'what it is for', default: '' }),
    slug: Flags.string({ description: 'name in addresses [default: made of the name]' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(SpaceAdd);
    const name = args.name ?? (await ask.text('Name of the space', { flag: 'NAME' }));
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call, findUser } = await import('@octo/api');
    const signal = AbortSignal.timeout(60_000);
    const { teams, users } = await managersOf(api, flags, signal);
    const isNamed = teams.length + users.length > 0;
    const body = {
      Name: name,
      Description: flags.description,
      SpaceManagersTeams: teams,
      SpaceManagersTeamMembers: isNamed ? users : [(await findUser(api, 'me', signal)).Id],
      ...(flags.slug !== undefined && { Slug: flags.slug }),
    };
    const space = await call<WireSpace>(api, { method: 'POST', path: '/api/spaces', body }, signal);
    this.log(`${space.Id}  ${space.Name}`);
    return space;
  }
}
