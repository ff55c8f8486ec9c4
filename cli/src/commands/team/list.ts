import { type WireTeam } from '@octo/api';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { namesOf } from '../../people.ts';
import { table } from '../../table.ts';

export default class TeamList extends OctoCommand {
  static override summary = 'List teams and their members.';
  static override examples = ['<%= config.bin %> team list', '<%= config.bin %> team list --json'];
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(TeamList);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { get } = await import('@octo/api');
    const signal = AbortSignal.timeout(60_000);
    const [teams, names] = await Promise.all([
      get<readonly WireTeam[]>(api, '/api/teams/all', signal),
      namesOf(api, signal),
    ]);
    const rows = teams.map((it) => [it.Id, it.Name, it.MemberUserIds.map((id) => names.get(id) ?? id).join(', ')]);
    this.log(table(['id', 'name', 'members'], rows));
    return teams;
  }
}
