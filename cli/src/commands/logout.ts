import { type OctoApi, type WireKey } from '@octo/api';
import { InputError, OctoError } from '@octo/kernel';
import { Args, Flags } from '@oclif/core';
import { type Login, loginNamed, readStored, writeStored } from '../logins.ts';
import { OctoCommand } from '../octo-command.ts';

export default class Logout extends OctoCommand {
  static override summary = 'Forget a login; --revoke also takes its API key from the server.';
  static override examples = ['<%= config.bin %> logout', '<%= config.bin %> logout prod --revoke'];
  static override args = { name: Args.string({ description: 'name of the login [default: the one that counts]' }) };
  static override flags = {
    revoke: Flags.boolean({ description: 'the key is of no use to anybody afterwards', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Logout);
    const stored = readStored();
    const wanted = args.name ?? stored.current;
    if (wanted === undefined)
      throw new InputError('OCTO_CLI_LOGIN', 'no login counts', { hint: 'octo login --list, then octo logout NAME' });
    const name = loginNamed(stored, wanted);
    const { [name]: login, ...logins } = stored.logins;
    const revoked = flags.revoke && login ? await revoke(login) : undefined;
    const { current, ...rest } = stored;
    writeStored({ ...rest, logins, ...(current !== undefined && current !== name && { current }) });
    this.log(`Forgot ${name}${revoked === undefined ? '' : ` and revoked ${revoked}`}`);
    return { name, revoked: revoked ?? null };
  }
}

/** Forgotten only after that: a key that nobody knows any more could not be taken away. */
async function revoke(login: Login): Promise<string> {
  const { ask, httpApi } = await import('@octo/api');
  const api = httpApi({ url: login.url, apiKey: login.key });
  const signal = AbortSignal.timeout(60_000);
  try {
    const id = login.keyId ?? (await idByHint(api, login.key, signal));
    await ask(api, { method: 'DELETE', path: `/api/users/me/apikeys/${encodeURIComponent(id)}` }, signal);
    return id;
  } catch (error) {
    if (OctoError.is(error) && error.code === 'OCTO_AUTH_KEY') return 'nothing: the server knows the key no more';
    throw error;
  }
}

/** The server shows the first letters of a key. */
async function idByHint(api: OctoApi, key: string, signal: AbortSignal): Promise<string> {
  const { everyItem } = await import('@octo/api');
  const all = await everyItem<WireKey>(api, '/api/users/me/apikeys', signal);
  const own = all.filter(({ ApiKey: it }) => {
    const hint = typeof it === 'string' ? null : it.Hint;
    return hint !== null && key.startsWith(hint.replace('…', ''));
  });
  const [first] = own;
  if (first && own.length === 1) return first.Id;
  throw new InputError(
    'OCTO_CLI_REVOKE',
    `which key of the server this is cannot be told: ${own.length} look like it`,
    {
      hint: 'octo api-key list; octo api-key revoke ID; octo logout',
    },
  );
}
