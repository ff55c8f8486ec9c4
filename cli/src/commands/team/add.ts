import { type WireTeam } from '@octo/api';
import { Args, Flags } from '@oclif/core';
import { ask } from '../../ask.ts';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';

export default class TeamAdd extends OctoCommand {
  static override summary = 'Add a team. What it may do comes by octo team grant.';
  static override examples = [
    '<%= config.bin %> team add deployers --member jane --member ci',
    '<%= config.bin %> team grant deployers space-manager --space Default',
  ];
  static override args = { name: Args.string({ description: 'name of the team' }) };
  static override flags = {
    ...connectionFlags,
    description: Flags.string({ description: 'what it is for', default: '' }),
    member: Flags.string({ description: 'user, by id or name; repeatable', multiple: true, default: [] }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(TeamAdd);
    const name = args.name ?? (await ask.text('Name of the team', { flag: 'NAME' }));
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call, findUser } = await import('@octo/api');
    const signal = AbortSignal.timeout(60_000);
    const members = await Promise.all(flags.member.map((user) => findUser(api, user, signal)));
    const body = { Name: name, Description: flags.description, MemberUserIds: members.map((it) => it.Id) };
    const team = await call<WireTeam>(api, { method: 'POST', path: '/api/teams', body }, signal);
    this.log(`${team.Id}  ${team.Name}`);
    return team;
  }
}
