import { type WireUser } from '@octo/api';
import { Args, Flags } from '@oclif/core';
import { ask } from '../../ask.ts';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { changeTeams } from '../../people.ts';
import { secretFrom } from '../../secret-input.ts';

export default class UserAdd extends OctoCommand {
  static override summary = 'Add a person or a service account.';
  static override description = `A person signs in by password, asked for or from --password-file. Without one, and for a service account, make an API
key: octo api-key create --user NAME.`;
  static override examples = [
    '<%= config.bin %> user add jane --password --team "Space Managers"',
    '<%= config.bin %> user add jane --password-file password.txt --email jane@example.com',
    '<%= config.bin %> user add ci --service --team deployers',
  ];
  static override args = { name: Args.string({ description: 'name to sign in with' }) };
  static override flags = {
    ...connectionFlags,
    'display-name': Flags.string({ description: 'how it is shown [default: the name]' }),
    email: Flags.string({ description: 'address' }),
    password: Flags.boolean({ description: 'ask for a password, or read it from stdin', default: false }),
    'password-file': Flags.string({ description: 'file with the password; - is stdin', exclusive: ['password'] }),
    service: Flags.boolean({
      description: 'a program: signs in with API keys only',
      default: false,
      exclusive: ['password', 'password-file'],
    }),
    team: Flags.string({ description: 'team to be in, by id or name; repeatable', multiple: true, default: [] }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(UserAdd);
    const name = args.name ?? (await ask.text('Name of the user', { flag: 'NAME' }));
    const asks = flags.password || flags['password-file'] !== undefined;
    const password = asks
      ? await secretFrom(flags['password-file'], { what: 'password of the new user', flag: '--password-file FILE' })
      : undefined;
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call, findTeam } = await import('@octo/api');
    const signal = AbortSignal.timeout(60_000);
    await Promise.all(flags.team.map((team) => findTeam(api, team, signal))); // before anything is changed
    const body = {
      Username: name,
      DisplayName: flags['display-name'] ?? name,
      IsActive: true,
      IsService: flags.service,
      ...(flags.email !== undefined && { EmailAddress: flags.email }),
      ...(password !== undefined && { Password: password }),
    };
    const user = await call<WireUser>(api, { method: 'POST', path: '/api/users', body }, signal);
    await changeTeams(api, user, { add: flags.team, remove: [] }, signal);
    this.log(`${user.Id}  ${user.Username}`);
    if (!asks) this.logToStderr(`octo: to sign in: octo api-key create --user ${user.Username} --purpose "…"`);
    return user;
  }
}
