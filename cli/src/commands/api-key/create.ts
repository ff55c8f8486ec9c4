import { type WireKey } from '@octo/api';
import { Flags } from '@oclif/core';
import { ask } from '../../ask.ts';
import { instantOf } from '../../instants.ts';
import { connectionFlags, OctoCommand } from '../../octo-command.ts';
import { segment } from '../../people.ts';

export default class ApiKeyCreate extends OctoCommand {
  static override summary = 'Make an API key and print it, this once: nobody can read it again.';
  static override examples = [
    '<%= config.bin %> api-key create --purpose "nightly build" --expires 90d',
    '<%= config.bin %> api-key create --user ci --purpose ci > key.txt',
  ];
  static override flags = {
    ...connectionFlags,
    user: Flags.string({ description: 'whose: id or name', default: 'me' }),
    purpose: Flags.string({ description: 'what it is for' }),
    expires: Flags.string({ description: 'until when: 90d, or 2026-12-31 [default: for ever]' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ApiKeyCreate);
    const { expires } = flags;
    const until =
      expires === undefined ? undefined : instantOf(expires, { flag: '--expires', sign: 1, nowMs: Date.now() });
    const purpose = flags.purpose ?? (await ask.text('What is the key for?', { flag: '--purpose TEXT' }));
    await using connection = await this.connect(flags);
    const { api } = connection;
    const { ask: call, findUser } = await import('@octo/api');
    const signal = AbortSignal.timeout(60_000);
    const user = await findUser(api, flags.user, signal);
    const body = { Purpose: purpose, ...(until !== undefined && { Expires: until }) };
    const path = `/api/users/${segment(user.Id)}/apikeys`;
    const made = await call<WireKey>(api, { method: 'POST', path, body }, signal);
    if (typeof made.ApiKey === 'string') this.log(made.ApiKey);
    const end = made.Expires === null ? 'does not expire' : `expires ${made.Expires}`;
    this.logToStderr(`octo: ${made.Id} of ${user.Username}, ${end}; it is shown only now`);
    return made;
  }
}
