import { type WireRole } from '@octo/api';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { table } from '../../table.ts';

export default class TeamRoles extends OctoCommand {
  static override summary = 'List the roles that a team can be granted.';
  static override examples = ['<%= config.bin %> team roles', '<%= config.bin %> team roles --json'];
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(TeamRoles);
    await using connection = await this.connect(flags);
    const { get } = await import('@octo/api');
    const roles = await get<readonly WireRole[]>(connection.api, '/api/userroles/all', AbortSignal.timeout(60_000));
    this.log(
      table(
        ['id', 'name', 'description'],
        roles.map((it) => [it.Id, it.Name, it.Description]),
      ),
    );
    return roles;
  }
}
