import { type WireJoinToken } from '@octo/api';
import { Args, Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../../octo-command.ts';
import { confirmed, segment } from '../../../people.ts';

export default class WorkerJoinTokenRemove extends OctoCommand {
  static override summary = 'Remove a join token: nobody joins with it from now on. Workers that have joined stay.';
  static override examples = ['<%= config.bin %> worker join-token remove JoinTokens-3 --yes'];
  static override args = { token: Args.string({ description: 'id or name', required: true }) };
  static override flags = {
    ...connectionFlags,
    yes: Flags.boolean({ char: 'y', description: 'do not ask', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(WorkerJoinTokenRemove);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call, pickBy } = await import('@octo/api');
    const signal = new AbortController().signal; // a person may take long to answer; each call has its limit
    const path = '/api/octo/join-tokens';
    const tokens = await call<readonly WireJoinToken[]>(api, { method: 'GET', path }, signal);
    const words = (it: WireJoinToken) => [it.Id, it.Name];
    const token = pickBy(tokens, args.token, { words, what: 'join token', list: 'octo worker join-token list' });
    await confirmed(`Remove ${token.Id} "${token.Name}"?`, flags.yes);
    await call(api, { method: 'DELETE', path: `${path}/${segment(token.Id)}` }, signal);
    this.done(`Removed ${token.Id} "${token.Name}"`);
    return { removed: token.Id };
  }
}
