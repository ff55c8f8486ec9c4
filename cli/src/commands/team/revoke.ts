import { NotFoundError } from '@octo/kernel';
import { Args, Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { namesOf, rolesOf, roleText, segment } from '../../people.ts';

export default class TeamRevoke extends OctoCommand {
  static override summary = 'Take a role from a team.';
  static override examples = ['<%= config.bin %> team revoke deployers project-deployer --space Default'];
  static override args = {
    team: Args.string({ description: 'id or name', required: true }),
    role: Args.string({ description: 'id or name of the role', required: true }),
  };
  static override flags = {
    ...connectionFlags,
    space: Flags.string({ description: 'the space in which it counts [default: the installation]' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(TeamRevoke);
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call, findRole, findSpace, findTeam } = await import('@octo/api');
    const signal = AbortSignal.timeout(60_000);
    const team = await findTeam(api, args.team, signal);
    const role = await findRole(api, args.role, signal);
    const spaceId = flags.space === undefined ? null : (await findSpace(api, flags.space, signal)).Id;
    const held = await rolesOf(api, team.Id, signal);
    const found = held.filter((it) => it.UserRoleId === role.Id && it.SpaceId === spaceId);
    if (found.length === 0) {
      const names = await namesOf(api, signal);
      throw new NotFoundError('OCTO_API_NOT_FOUND', `${team.Name} has no role ${role.Name} there`, {
        hint: held.length === 0 ? 'it has none' : `it has: ${held.map((it) => roleText(it, names)).join(', ')}`,
      });
    }
    for (const { Id } of found)
      await call(api, { method: 'DELETE', path: `/api/scopeduserroles/${segment(Id)}` }, signal);
    this.log(`${team.Name}: ${role.Name} taken`);
    return { removed: found.map((it) => it.Id) };
  }
}
