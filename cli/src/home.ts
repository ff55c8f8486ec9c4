import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export function octoHome(): string {
  return resolve(process.env['OCTO_HOME'] || join(homedir(), '.octo'));
}
/** Where third-party plugins are switched on (house.md 3.4). */
export function pluginFolder(): string {
  return join(octoHome(), 'plugins');
}
/** `--data`, else OCTO_DATA, else the home of octo. Absolute. */
export function dataFolder(flag: string | undefined): string {
  return resolve(flag || process.env['OCTO_DATA'] || octoHome());
}
