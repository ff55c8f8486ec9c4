import { type WireJoinToken } from '@octo/api';
import { connectionFlags, OctoCommand } from '../../../octo-command.ts';
import { table, when } from '../../../table.ts';

export default class WorkerJoinTokenList extends OctoCommand {
  static override summary = 'List join tokens: for which pools, until when, who has joined; never the secrets.';
  static override examples = ['<%= config.bin %> worker join-token list --json'];
  static override flags = connectionFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(WorkerJoinTokenList);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call } = await import('@octo/api');
    const signal = AbortSignal.timeout(60_000);
    const tokens = await call<readonly WireJoinToken[]>(api, { method: 'GET', path: '/api/octo/join-tokens' }, signal);
    const names = new Map((await api.pools(signal)).map((it) => [it.id, it.name]));
    const rows = tokens.map((it) => [
      it.Id,
      it.Name,
      { Good: 'good', UsedUp: 'used up', Expired: 'expired' }[it.State],
      when(it.Expires),
      `${it.Joined.length} of ${it.Count}`,
      it.WorkerPoolIds.map((id) => names.get(id) ?? id).join(', '),
    ]);
    this.log(table(['id', 'name', 'state', 'expires', 'joined', 'pools'], rows) || 'There are no join tokens.');
    return tokens;
  }
}
