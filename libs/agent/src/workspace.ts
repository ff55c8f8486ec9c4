import { InputError } from '@octo/kernel';
import { join, normalize, sep } from 'node:path';

/**
 * The folder of one ticket. Control files stand beside the script's own folder, where a script that tidies up does not
 * find them by accident:
 * `record.json` what was asked (written before anything starts), `arguments` the body's words, `as` as whom it runs, `piped` present when the
 * streams need a relay, `started` who supervises it, `group` its control group, `cancel` present once a cancel came, `exit` its exit code,
 * `stdout.log` and `stderr.log` written by the script itself, `index` lines' numbers and times, `result.json` the end,
 * `space/` the working directory, `home/` and `tmp/` the script's own.
 */
export interface Workspace {
  readonly dir: string;
  readonly record: string;
  readonly arguments: string;
  readonly as: string;
  readonly piped: string;
  readonly started: string;
  readonly cancel: string;
  readonly exit: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly index: string;
  readonly result: string;
  readonly space: string;
  readonly home: string;
  readonly tmp: string;
  readonly body: string;
}

/** Name of the launch body in `space/`, as Tentacle has it (halibut.md 7.2). */
export const BODY_FILE = 'Bootstrap.sh';

export function workspaceAt(dir: string): Workspace {
  const space = join(dir, 'space');
  return {
    dir,
    record: join(dir, 'record.json'),
    arguments: join(dir, 'arguments'),
    as: join(dir, 'as'),
    piped: join(dir, 'piped'),
    started: join(dir, 'started'),
    cancel: join(dir, 'cancel'),
    exit: join(dir, 'exit'),
    stdout: join(dir, 'stdout.log'),
    stderr: join(dir, 'stderr.log'),
    index: join(dir, 'index'),
    result: join(dir, 'result.json'),
    space,
    home: join(dir, 'home'),
    tmp: join(dir, 'tmp'),
    body: join(space, BODY_FILE),
  };
}

/** Tickets become folder names: letters, digits, and the dashes of script service 1 (halibut.md 5.5, 5.6). */
export function checkTicket(ticket: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(ticket))
    throw new InputError('OCTO_AGENT_TICKET', `"${ticket}" is no ticket`, {
      hint: 'use 1 to 64 letters, digits and dashes',
    });
}

/** A path below `root`, whatever was asked for; leaving it is refused. Backslashes are separators (halibut.md 5.7). */
export function inside(root: string, path: string): string {
  const slashed = path.replaceAll('\\', '/');
  const full = join(root, normalize(slashed));
  if (path.includes('\0') || slashed.startsWith('/') || !full.startsWith(root + sep))
    throw new InputError('OCTO_AGENT_PATH', `"${path}" does not stay inside its folder`, {
      hint: 'use a path relative to the workspace, without ..',
    });
  return full;
}
