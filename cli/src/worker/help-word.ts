/** What `--help` becomes on the way to a command whose flags the server knows: oclif itself would only see its own. */
export const STYLE_HELP = '--style-help';
export function withStyleHelp(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  const isAsked = args[0] === 'worker' && (args[1] === 'add' || args[1] === 'edit');
  return args.map((arg, n) => (isAsked && (end === -1 || n < end) && /^(-h|--help)$/.test(arg) ? STYLE_HELP : arg));
}
