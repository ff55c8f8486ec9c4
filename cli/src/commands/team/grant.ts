import { type WireRole, type WireScopedRole } from '@octo/api';
import { Args, Flags } from '@oclif/core';
import { ask } from '../../ask.ts';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';

export default class TeamGrant extends OctoCommand {
  static override summary = 'Give a team a role, in a space or for the whole installation.';
  static override examples = [
    '<%= config.bin %> team grant deployers project-deployer --space Default',
    '<%= config.bin %> team grant admins system-manager',
    '<%= config.bin %> team roles',
  ];
  static override args = {
    team: Args.string({ description: 'id or name', required: true }),
    role: Args.string({ description: 'id or name of a role: octo team roles' }),
  };
  static override flags = {
    ...connectionFlags,
    space: Flags.string({ description: 'where it counts [default: permissions of the system only]' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(TeamGrant);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call, findRole, findSpace, findTeam, get } = await import('@octo/api');
    const signal = new AbortController().signal; // a person may take long to answer; each call has its limit
    const team = await findTeam(api, args.team, signal);
    const names = async () => (await get<readonly WireRole[]>(api, '/api/userroles/all', signal)).map((it) => it.Name);
    const wanted = args.role ?? (await ask.choice('Which role?', await names(), { flag: 'ROLE' }));
    const role = await findRole(api, wanted, signal);
    const space = flags.space === undefined ? undefined : await findSpace(api, flags.space, signal);
    const body = { TeamId: team.Id, UserRoleId: role.Id, SpaceId: space?.Id ?? null };
    const granted = await call<WireScopedRole>(api, { method: 'POST', path: '/api/scopeduserroles', body }, signal);
    this.log(`${team.Name}: ${role.Name} ${space ? `in ${space.Name}` : 'for the whole installation'}`);
    return granted;
  }
}
