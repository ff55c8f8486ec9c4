import { InputError } from '@octo/kernel';
import { currentLogin, type Login, loginNamed, plainUrl, type Stored } from './logins.ts';
import { nearest } from './nearest.ts';

/** What `octo config` knows. `server` and `space` are those of the login that counts. */
const FLAGS = ['noColor', 'noPrompt', 'quiet'] as const;
const KEYS = ['server', 'space', 'output', ...FLAGS] as const;
export type Key = (typeof KEYS)[number];

export function keyNamed(text: string): Key {
  const plain = (it: string) => it.toLowerCase().replaceAll('-', '');
  const found = KEYS.find((key) => plain(key) === plain(text));
  if (found) return found;
  const near = nearest(text, KEYS);
  throw new InputError('OCTO_CLI_SETTING', `there is no setting "${text}"`, {
    hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : `choose one of: ${KEYS.join(', ')}`,
  });
}

export function settingsOf(stored: Stored): Readonly<Record<Key, string | undefined>> {
  const login = currentLogin(stored);
  const { output, noColor, noPrompt, quiet } = stored.settings;
  return { server: login?.url, space: login?.space, output, noColor, noPrompt, quiet };
}

/** `value` undefined: as if it had never been set. A server is chosen among the logins: no key goes elsewhere. */
export function withSetting(stored: Stored, key: Key, value: string | undefined): Stored {
  if (key === 'server') {
    const { current: _, ...rest } = stored;
    return value === undefined
      ? rest
      : { ...rest, current: loginNamed(stored, isUrl(value) ? plainUrl(value) : value) };
  }
  if (key === 'space') return withSpace(stored, value);
  const { [key]: _, ...settings } = stored.settings;
  return { ...stored, settings: value === undefined ? settings : { ...settings, [key]: checked(key, value) } };
}
function isUrl(text: string): boolean {
  return /^https?:/i.test(text);
}

function withSpace(stored: Stored, space: string | undefined): Stored {
  const login = currentLogin(stored);
  if (!login)
    throw new InputError('OCTO_CLI_LOGIN', 'a space is that of a login, and no login counts', {
      hint: 'octo login URL, or octo config use NAME',
    });
  const { name, space: _, ...rest } = login;
  const changed: Login = { ...rest, ...(space !== undefined && { space }) };
  return { ...stored, logins: { ...stored.logins, [name]: changed } };
}

function checked(key: Exclude<Key, 'server' | 'space'>, value: string): string {
  const allowed = key === 'output' ? ['table', 'json'] : ['true', 'false'];
  if (allowed.includes(value)) return value;
  throw new InputError('OCTO_CLI_SETTING', `${key} is ${allowed.join(' or ')}, not "${value}"`, {
    hint: `octo config set ${key} ${allowed[0]}`,
  });
}
