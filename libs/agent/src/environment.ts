import { accessSync, constants } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';

const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The environment of scripts, made from nothing: of that of the server, which may hold its secrets, only PATH is taken
 * (R243). HOME, the temporary folders and OCTO_TICKET are added for each script.
 */
export function scriptEnvironment(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const path = more['PATH'] ?? process.env['PATH'] ?? USUAL_PATH;
  const user = userName();
  return {
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    USER: user,
    LOGNAME: user,
    SHELL: findBash(path) ?? '/bin/bash',
    ...more,
    PATH: path,
  };
}

/** Full path of the bash that PATH leads to. Undefined: scripts cannot run here. */
export function findBash(path: string): string | undefined {
  if (process.platform === 'win32') return undefined; // its agent is to run PowerShell, which is not written yet
  const folders = path.split(delimiter).filter((folder) => folder.startsWith('/'));
  return folders.map((folder) => join(folder, 'bash')).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A container may run as a user id without a name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}

let known: string | undefined;
/** System and processor as Node names them; a musl system says so, for the programs of others do not run there. */
export function platform(): string {
  return (known ??= `${process.platform}-${process.arch}${isMusl() ? '-musl' : ''}`);
}

function isMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const report = process.report as typeof process.report & { excludeNetwork?: boolean }; // as documented
  report.excludeNetwork = true; // it would look up names
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } }; // as documented
  return header?.glibcVersionRuntime === undefined;
}
