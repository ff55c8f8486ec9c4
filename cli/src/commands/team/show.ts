import { Args } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { namesOf, rolesOf, roleText } from '../../people.ts';
import { facts } from '../../table.ts';

export default class TeamShow extends OctoCommand {
  static override summary = 'Show a team: members, and roles with where they count.';
  static override examples = ['<%= config.bin %> team show deployers', '<%= config.bin %> team show Teams-1 --json'];
  static override args = { team: Args.string({ description: 'id or name', required: true }) };
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(TeamShow);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { findTeam } = await import('@octo/api');
    const signal = AbortSignal.timeout(60_000);
    const team = await findTeam(api, args.team, signal);
    const [roles, names] = await Promise.all([rolesOf(api, team.Id, signal), namesOf(api, signal)]);
    this.log(
      facts([
        ['id', team.Id],
        ['name', team.Name],
        ['description', team.Description],
        ['members', team.MemberUserIds.map((id) => names.get(id) ?? id).join(', ')],
        ['roles', roles.map((it) => roleText(it, names)).join(', ')],
      ]),
    );
    return { team, roles };
  }
}
