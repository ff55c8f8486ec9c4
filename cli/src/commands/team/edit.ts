import { type WireTeam } from '@octo/api';
import { Args, Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { segment } from '../../people.ts';

export default class TeamEdit extends OctoCommand {
  static override summary = 'Change a team: its name, description and members.';
  static override examples = ['<%= config.bin %> team edit deployers --member jane --remove-member ci'];
  static override args = { team: Args.string({ description: 'id or name', required: true }) };
  static override flags = {
    ...connectionFlags,
    name: Flags.string({ description: 'another name' }),
    description: Flags.string({ description: 'what it is for' }),
    member: Flags.string({ description: 'user to put into it; repeatable', multiple: true, default: [] }),
    'remove-member': Flags.string({ description: 'user to take out of it; repeatable', multiple: true, default: [] }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(TeamEdit);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call, findTeam, findUser } = await import('@octo/api');
    const signal = AbortSignal.timeout(60_000);
    const before = await findTeam(api, args.team, signal);
    const ids = async (names: readonly string[]) =>
      (await Promise.all(names.map((user) => findUser(api, user, signal)))).map((it) => it.Id);
    const [added, removed] = [await ids(flags.member), await ids(flags['remove-member'])];
    const members = [...new Set([...before.MemberUserIds, ...added])].filter((id) => !removed.includes(id));
    const body = {
      ...before,
      MemberUserIds: members,
      ...(flags.name !== undefined && { Name: flags.name }),
      ...(flags.description !== undefined && { Description: flags.description }),
    };
    const path = `/api/teams/${segment(before.Id)}`;
    const after = await call<WireTeam>(api, { method: 'PUT', path, body }, signal);
    this.log(`${after.Id}  ${after.Name}`);
    return after;
  }
}
