import { Args, Flags } from '@oclif/core';
import { ask } from '../ask.ts';
import { type Login, plainUrl, readStored, type Stored, storeFile, writeStored } from '../logins.ts';
import { OctoCommand } from '../octo-command.ts';
import { secretFrom } from '../secret-input.ts';
import { table } from '../table.ts';

const LIMIT_MS = 60_000;

export default class LoginCommand extends OctoCommand {
  static override summary = 'Keep the address of a server and a key to it, so that commands need neither.';
  static override description = `The key comes from --api-key-file, OCTO_API_KEY, a question, or stdin. With --username it is the password that does, and
octo makes an API key of its own with it. Both are checked first; what is kept is readable by you alone.`;
  static override examples = [
    '<%= config.bin %> login http://127.0.0.1:8065',
    '<%= config.bin %> login https://octo.example.com --api-key-file key.txt --name prod',
    '<%= config.bin %> login https://octo.example.com --username jane < password.txt',
    '<%= config.bin %> login --list',
  ];
  static override args = { url: Args.string({ description: 'address of the server' }) };
  static override flags = {
    'api-key-file': Flags.string({ description: 'file with the API key; - is stdin', exclusive: ['username'] }),
    username: Flags.string({ char: 'u', description: 'sign in by password, and make an API key of that' }),
    'password-file': Flags.string({ description: 'file with the password; - is stdin', dependsOn: ['username'] }),
    name: Flags.string({ description: 'to choose it by, with octo config use [default: host and port]' }),
    space: Flags.string({ description: 'space that commands work in: its id, name or slug' }),
    list: Flags.boolean({ description: 'the logins that are kept', default: false }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(LoginCommand);
    if (flags.list) return this.#list(readStored());
    const url = plainUrl(args.url ?? process.env['OCTO_URL'] ?? (await askUrl()));
    const signal = AbortSignal.timeout(LIMIT_MS);
    const before = readStored();
    if (url.startsWith('http:') && !/^http:\/\/(127\.|localhost\b|\[::1\])/.test(url))
      this.logToStderr(`octo: ${url} is not encrypted: who listens on the way reads the key`);
    const login = await made(url, flags, signal);
    const name = flags.name ?? new URL(url).host;
    writeStored({ ...before, current: name, logins: { ...before.logins, [name]: login } });
    const { username, space } = login;
    this.log(`${username} at ${url}${space === undefined ? '' : `, space ${space}`}`);
    this.logToStderr(`octo: kept as ${name} in ${storeFile()}`);
    return { name, url, username, space: space ?? null, file: storeFile() };
  }

  #list(stored: Stored): unknown {
    const logins = Object.entries(stored.logins).map(([name, it]) => ({
      name,
      url: it.url,
      username: it.username ?? null,
      space: it.space ?? null,
      isCurrent: name === stored.current,
    }));
    const rows = logins.map((it) => [it.isCurrent ? '*' : ' ', it.name, it.url, it.username ?? '', it.space ?? '']);
    this.log(table(['', 'name', 'url', 'user', 'space'], rows) || 'There are no logins: octo login URL');
    return logins;
  }
}

function askUrl(): Promise<string> {
  return ask.text('Address of the server', { flag: 'URL', initial: 'http://127.0.0.1:8065' });
}

interface Wanted {
  readonly 'api-key-file'?: string | undefined;
  readonly 'password-file'?: string | undefined;
  readonly username?: string | undefined;
  readonly space?: string | undefined;
}

/** Nothing is kept that was not checked: the server answers as one, and knows the key. */
async function made(url: string, flags: Wanted, signal: AbortSignal): Promise<Login> {
  const { findSpace, get, httpApi } = await import('@octo/api');
  await httpApi({ url, apiKey: '' }).root(signal); // a key goes to no server that is none
  const { key, keyId } = await keyOf(url, flags, signal);
  const api = httpApi({ url, apiKey: key });
  const me = await get<{ readonly Username: string }>(api, '/api/users/me', signal);
  const space = flags.space === undefined ? undefined : (await findSpace(api, flags.space, signal)).Id;
  return { url, key, username: me.Username, ...(keyId && { keyId }), ...(space && { space }) };
}

async function keyOf(url: string, flags: Wanted, signal: AbortSignal): Promise<{ key: string; keyId?: string }> {
  const { username } = flags;
  if (username === undefined) {
    const fromEnv = flags['api-key-file'] === undefined ? process.env['OCTO_API_KEY'] : undefined;
    const flag = '--api-key-file FILE, or --username U';
    return { key: (fromEnv || (await secretFrom(flags['api-key-file'], { what: 'API key', flag }))).trim() };
  }
  const password = await secretFrom(flags['password-file'], { what: 'password', flag: '--password-file FILE' });
  const [{ keyByPassword }, { hostname }] = await Promise.all([import('@octo/api'), import('node:os')]);
  const { id, key } = await keyByPassword({ url, username, password }, `octo login on ${hostname()}`, signal);
  return { key, keyId: id };
}
