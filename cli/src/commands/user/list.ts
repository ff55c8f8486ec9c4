import { type WireUser } from '@octo/api';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { statusOfUser } from '../../people.ts';
import { table } from '../../table.ts';
import { Flags } from '@oclif/core';

export default class UserList extends OctoCommand {
  static override summary = 'List people and service accounts.';
  static override examples = ['<%= config.bin %> user list', '<%= config.bin %> user list --filter jane --json'];
  static override flags = {
    ...connectionFlags,
    filter: Flags.string({ description: 'only those with this in their name' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(UserList);
    await using connection = await this.connect(flags);
    const { get } = await import('@octo/api');
    const query = flags.filter === undefined ? '' : `?filter=${encodeURIComponent(flags.filter)}`;
    const signal = AbortSignal.timeout(60_000);
    const users = await get<readonly WireUser[]>(connection.api, `/api/users/all${query}`, signal);
    const rows = users.map((it) => [it.Id, it.Username, it.DisplayName, statusOfUser(it), it.EmailAddress ?? '']);
    this.log(table(['id', 'name', 'display name', 'status', 'email'], rows) || 'There are no such users.');
    return users;
  }
}
