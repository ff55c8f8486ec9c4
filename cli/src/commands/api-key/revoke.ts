import { Args, Flags } from '@oclif/core';
import { type WireKey } from '@octo/api';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { confirmed, segment } from '../../people.ts';

export default class ApiKeyRevoke extends OctoCommand {
  static override summary = 'Take an API key away: it is of no use from now on.';
  static override examples = [
    '<%= config.bin %> api-key revoke apikeys-3',
    '<%= config.bin %> api-key revoke "nightly build" --user ci --yes',
  ];
  static override args = { key: Args.string({ description: 'id or purpose', required: true }) };
  static override flags = {
    ...connectionFlags,
    user: Flags.string({ description: 'whose: id or name', default: 'me' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ApiKeyRevoke);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call, everyItem, findUser, pickBy } = await import('@octo/api');
    const signal = new AbortController().signal; // a person may take long to answer; each call has its limit
    const user = await findUser(api, flags.user, signal);
    const at = `/api/users/${segment(user.Id)}/apikeys`;
    const keys = await everyItem<WireKey>(api, at, signal);
    const words = (it: WireKey) => [it.Id, it.Purpose];
    const key = pickBy(keys, args.key, { words, what: 'API key', list: `octo api-key list --user ${user.Username}` });
    await confirmed(`Revoke ${key.Id} "${key.Purpose}" of ${user.Username}?`, flags.yes);
    await call(api, { method: 'DELETE', path: `${at}/${segment(key.Id)}` }, signal);
    this.log(`Revoked ${key.Id} "${key.Purpose}"`);
    return { revoked: key.Id };
  }
}
