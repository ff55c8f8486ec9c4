import { userInfo } from 'node:os';

/**
 * The environment of scripts, made from nothing: never that of the server, which may hold its secrets (R243). HOME, the
 * temporary folders and OCTO_TICKET are added for each script.
 */
export function scriptEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { username, shell } = userInfo();
  return {
    PATH: process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    USER: username,
    LOGNAME: username,
    SHELL: shell ?? '/bin/bash',
    ...more,
  };
}
