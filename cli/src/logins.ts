import { InputError } from '@octo/kernel';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { octoHome } from './home.ts';

/** A server and the key to it, by a name. */
export interface Login {
  readonly url: string;
  readonly key: string;
  /** Of the key on the server, where `octo login` made it. */
  readonly keyId?: string | undefined;
  /** Of whoever the key belongs to, as the server said. */
  readonly username?: string | undefined;
  /** The space that commands work in; without one the default space of the server. */
  readonly space?: string | undefined;
}
/** What is kept of `octo login` and `octo config` in $OCTO_HOME/cli.json. */
export interface Stored {
  /** Name of the login that counts. */
  readonly current?: string | undefined;
  readonly logins: Readonly<Record<string, Login>>;
  readonly settings: Readonly<Record<string, string>>;
}

export function storeFile(): string {
  return join(octoHome(), 'cli.json');
}

/** Each command asks, so it is one read without a schema; who broke the file hears about it. */
export function readStored(file: string = storeFile()): Stored {
  const text = textOf(file);
  if (text === undefined) return { logins: {}, settings: {} };
  try {
    const { current, logins, settings } = JSON.parse(text) as Partial<Stored>; // checked in the next lines
    for (const it of Object.values(logins ?? {}))
      if (typeof it.url !== 'string' || typeof it.key !== 'string') throw new Error('a login has url and key');
    return { ...(current !== undefined && { current }), logins: { ...logins }, settings: { ...settings } };
  } catch (cause) {
    throw new InputError('OCTO_CLI_STORE', `${file} cannot be read: ${(cause as Error).message}`, {
      hint: 'mend it, or remove it and log in again: octo login URL',
      cause,
    });
  }
}

/** Readable by its user alone; a process that is killed leaves the old file or the new one. */
export function writeStored(stored: Stored, file: string = storeFile()): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}.tmp`;
  writeFileSync(fresh, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600 });
  chmodSync(fresh, 0o600); // where a killed process of this id has left one with another mode
  renameSync(fresh, file);
}

export function currentLogin({ current, logins }: Stored): (Login & { readonly name: string }) | undefined {
  const login = current === undefined ? undefined : logins[current];
  return login && current !== undefined ? { ...login, name: current } : undefined;
}

/** The key that was stored for exactly this address. */
export function keyFor(url: string, { logins, current }: Stored): string | undefined {
  const found = Object.entries(logins).filter(([, it]) => sameUrl(it.url, url));
  return (found.find(([name]) => name === current) ?? found[0])?.[1].key;
}
export function sameUrl(a: string, b: string): boolean {
  return plainUrl(a) === plainUrl(b);
}

/** Without a trailing slash or /api, and with the host in lower case. */
export function plainUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new InputError('OCTO_CLI_URL', `"${withoutPassword(text)}" is no address of a server`, {
      hint: 'write it like http://127.0.0.1:8065',
    });
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/api$/i, '')}`;
}
function withoutPassword(text: string): string {
  return text.replace(/\/\/[^@/]*@/, '//***@');
}

export function loginNamed(stored: Stored, wanted: string): string {
  const names = Object.keys(stored.logins);
  const found = names.find((name) => name === wanted) ?? names.find((name) => isAt(stored.logins[name], wanted));
  if (found !== undefined) return found;
  throw new InputError('OCTO_CLI_LOGIN', `there is no login "${wanted}"`, {
    hint: names.length === 0 ? 'octo login URL' : `choose one of: ${names.join(', ')}; or: octo login URL`,
  });
}
function isAt(login: Login | undefined, url: string): boolean {
  return login !== undefined && /^https?:/.test(url) && sameUrl(login.url, url);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code))) return undefined;
    throw new InputError('OCTO_CLI_STORE', `${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
