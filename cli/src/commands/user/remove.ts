import { Args, Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { confirmed, segment } from '../../people.ts';

export default class UserRemove extends OctoCommand {
  static override summary = 'Remove a user, and its API keys; events keep its name.';
  static override examples = ['<%= config.bin %> user remove jane', '<%= config.bin %> user remove jane --yes --json'];
  static override args = { user: Args.string({ description: 'id or name', required: true }) };
  static override flags = {
    ...connectionFlags,
    yes: Flags.boolean({ char: 'y', description: 'do not ask', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(UserRemove);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call, findUser } = await import('@octo/api');
    const signal = new AbortController().signal; // a person may take long to answer; each call has its limit
    const found = await findUser(api, args.user, signal);
    await confirmed(`Remove user ${found.Username} (${found.Id})?`, flags.yes);
    await call(api, { method: 'DELETE', path: `/api/users/${segment(found.Id)}` }, signal);
    this.log(`Removed ${found.Username} (${found.Id})`);
    return { removed: found.Id };
  }
}
