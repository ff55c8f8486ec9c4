import { type WireTeam } from '@octo/api';
import { Args } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { segment, statusOfUser } from '../../people.ts';
import { facts } from '../../table.ts';

interface Permissions {
  readonly SpacePermissions: Readonly<Record<string, readonly { readonly SpaceId: string }[]>>;
  readonly SystemPermissions: readonly string[];
}

export default class UserShow extends OctoCommand {
  static override summary = 'Show a user: teams, and what the user may do.';
  static override examples = ['<%= config.bin %> user show me', '<%= config.bin %> user show jane --json'];
  static override args = { user: Args.string({ description: 'id or name; me is whoever asks', default: 'me' }) };
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(UserShow);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { findUser, get } = await import('@octo/api');
    const signal = AbortSignal.timeout(60_000);
    const user = await findUser(api, args.user, signal);
    const at = `/api/users/${segment(user.Id)}`;
    const [teams, permissions] = await Promise.all([
      get<readonly WireTeam[]>(api, `${at}/teams`, signal),
      get<Permissions>(api, `${at}/permissions`, signal),
    ]);
    const { SpacePermissions, SystemPermissions } = permissions;
    this.log(
      facts([
        ['id', user.Id],
        ['name', user.Username],
        ['display name', user.DisplayName],
        ['email', user.EmailAddress],
        ['status', statusOfUser(user)],
        ['teams', teams.map((it) => it.Name).join(', ')],
        ['may', SystemPermissions.join(', ')],
        [
          'may in spaces',
          Object.entries(SpacePermissions)
            .map(([name, at]) => `${name} (${at.map((it) => it.SpaceId).join(', ')})`)
            .join(', '),
        ],
      ]),
    );
    return { user, teams, permissions: { SpacePermissions, SystemPermissions } };
  }
}
