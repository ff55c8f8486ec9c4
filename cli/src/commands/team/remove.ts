import { Args, Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { confirmed, segment } from '../../people.ts';

export default class TeamRemove extends OctoCommand {
  static override summary = 'Remove a team, and its roles; its members stay.';
  static override examples = [
    '<%= config.bin %> team remove deployers',
    '<%= config.bin %> team remove deployers --yes --json',
  ];
  static override args = { team: Args.string({ description: 'id or name', required: true }) };
  static override flags = {
    ...connectionFlags,
    yes: Flags.boolean({ char: 'y', description: 'do not ask', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(TeamRemove);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call, findTeam } = await import('@octo/api');
    const signal = new AbortController().signal; // a person may take long to answer; each call has its limit
    const found = await findTeam(api, args.team, signal);
    await confirmed(`Remove team ${found.Name} (${found.Id})?`, flags.yes);
    await call(api, { method: 'DELETE', path: `/api/teams/${segment(found.Id)}` }, signal);
    this.log(`Removed ${found.Name} (${found.Id})`);
    return { removed: found.Id };
  }
}
