/**
 * How this process behaves towards whoever started it. Set once, before a command runs (octo-command.ts): by the global
 * flags, else by `octo config`.
 */
export interface Manners {
  /** Results and errors only: no notes, no progress. */
  quiet: boolean;
  /** Never ask, even on a terminal. */
  noPrompt: boolean;
  /** As `--json` on each command. */
  json: boolean;
}
export const manners: Manners = { quiet: false, noPrompt: false, json: false };

/** What stands before `--` is ours, the rest belongs to a script. */
export function hasFlag(argv: readonly string[], flag: string): boolean {
  const end = argv.indexOf('--');
  const at = argv.indexOf(flag);
  return at !== -1 && (end === -1 || at < end);
}
