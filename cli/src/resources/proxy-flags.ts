import { Flags } from '@oclif/core';
import { secretFrom } from '../secret-input.ts';

export const proxyFlags = {
  host: Flags.string({ description: 'name or address of the proxy' }),
  port: Flags.integer({ description: 'its port [default: 80]', min: 1, max: 65_535 }),
  type: Flags.string({ description: 'what it speaks [default: HTTP]', options: ['HTTP', 'SOCKS5'] }),
  username: Flags.string({ description: 'who signs in there' }),
  'password-file': Flags.string({ description: 'password, from this file; - reads stdin' }),
};

/** Members that the flags give; the others stay. */
export async function proxyMembers(flags: {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly type?: string | undefined;
  readonly username?: string | undefined;
  readonly 'password-file'?: string | undefined;
}) {
  const { host, port, type, username, 'password-file': file } = flags;
  const secret = file === undefined ? undefined : await secretFrom(file, { what: 'password', flag: '--password-file' });
  return {
    ...(host !== undefined && { Host: host }),
    ...(port !== undefined && { Port: port }),
    ...(type !== undefined && { ProxyType: type as 'HTTP' | 'SOCKS5' }), // oclif allows no other
    ...(username !== undefined && { Username: username }),
    ...(secret !== undefined && { Password: { HasValue: true, NewValue: secret } }),
  };
}
