import { type WireUser } from '@octo/api';
import { Args, Flags } from '@oclif/core';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { changeTeams, segment } from '../../people.ts';
import { secretFrom } from '../../secret-input.ts';

export default class UserEdit extends OctoCommand {
  static override summary = 'Change a user: names, password, teams, whether it may sign in.';
  static override examples = [
    '<%= config.bin %> user edit jane --password',
    '<%= config.bin %> user edit jane --team deployers --remove-team everyone-else',
    '<%= config.bin %> user edit jane --disable',
  ];
  static override args = { user: Args.string({ description: 'id or name; me is whoever asks', required: true }) };
  static override flags = {
    ...connectionFlags,
    name: Flags.string({ description: 'name to sign in with' }),
    'display-name': Flags.string({ description: 'how it is shown' }),
    email: Flags.string({ description: 'address' }),
    password: Flags.boolean({ description: 'ask for another password, or read it from stdin', default: false }),
    'password-file': Flags.string({ description: 'file with the password; - is stdin', exclusive: ['password'] }),
    disable: Flags.boolean({ description: 'nobody signs in as it any more', exclusive: ['enable'] }),
    enable: Flags.boolean({ description: 'it may sign in again' }),
    team: Flags.string({ description: 'put it into this team; repeatable', multiple: true, default: [] }),
    'remove-team': Flags.string({ description: 'take it out of this team; repeatable', multiple: true, default: [] }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(UserEdit);
    const asks = flags.password || flags['password-file'] !== undefined;
    const flag = '--password-file FILE';
    const password = asks ? await secretFrom(flags['password-file'], { what: 'password', flag }) : undefined;
    const changes = {
      ...(flags.name !== undefined && { Username: flags.name }),
      ...(flags['display-name'] !== undefined && { DisplayName: flags['display-name'] }),
      ...(flags.email !== undefined && { EmailAddress: flags.email }),
      ...(password !== undefined && { Password: password }),
      ...(flags.disable && { IsActive: false }),
      ...(flags.enable && { IsActive: true }),
    };
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call, findTeam, findUser } = await import('@octo/api');
    const signal = AbortSignal.timeout(60_000);
    await Promise.all([...flags.team, ...flags['remove-team']].map((team) => findTeam(api, team, signal)));
    const before = await findUser(api, args.user, signal);
    const path = `/api/users/${segment(before.Id)}`;
    const after =
      Object.keys(changes).length === 0
        ? before
        : await call<WireUser>(api, { method: 'PUT', path, body: { ...before, ...changes } }, signal);
    await changeTeams(api, after, { add: flags.team, remove: flags['remove-team'] }, signal);
    this.log(`${after.Id}  ${after.Username}`);
    return after;
  }
}
