import { type WireKey } from '@octo/api';
import { Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { segment } from '../../people.ts';
import { table, when } from '../../table.ts';

export default class ApiKeyList extends OctoCommand {
  static override summary = 'List the API keys of a user: what for, until when; never the keys themselves.';
  static override examples = ['<%= config.bin %> api-key list', '<%= config.bin %> api-key list --user ci --json'];
  static override flags = {
    ...connectionFlags,
    user: Flags.string({ description: 'whose: id or name', default: 'me' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ApiKeyList);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { everyItem, findUser } = await import('@octo/api');
    const signal = AbortSignal.timeout(60_000);
    const user = await findUser(api, flags.user, signal);
    const keys = await everyItem<WireKey>(api, `/api/users/${segment(user.Id)}/apikeys`, signal);
    const rows = keys.map((it) => [it.Id, it.Purpose, when(it.Created), expiry(it.Expires), hintOf(it)]);
    this.log(table(['id', 'purpose', 'created', 'expires', 'key'], rows) || `${user.Username} has no API keys.`);
    return keys;
  }
}
function expiry(iso: string | null): string {
  if (iso === null) return 'never';
  return Date.parse(iso) <= Date.now() ? `${when(iso)} (expired)` : when(iso);
}
function hintOf({ ApiKey: it }: WireKey): string {
  return typeof it === 'string' ? '' : (it.Hint ?? '');
}
