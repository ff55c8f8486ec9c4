import { type VariableSet } from '@octo/variables';
import { BASH_FUNCTIONS } from './bash-functions.ts';

/** Name of the user's script in the workspace. */
export const SCRIPT_FILE = 'Script.sh';

/**
 * What the machine's bash runs: it reads the file with the variables and empties it, and only then sources the user's
 * script. So while user code runs no value is readable in argv, environment, a file or a descriptor (R243); the values
 * live in the shell's own memory. Emptied and not unlinked, because the shell can do that by itself: starting `rm` would
 * cost as much again as starting the script.
 */
export function bashBootstrap(variablesFile: string, parameters: string | undefined): string {
  return [
    '# written by octo: helper functions, then the script of the step',
    `. './${variablesFile}' && : > './${variablesFile}' || { echo 'octo: the variables of this script are gone' >&2; exit 1; }`,
    BASH_FUNCTIONS.trim(),
    'log_environment_information',
    `. './${SCRIPT_FILE}'${parameters ? ` ${parameters}` : ''}`,
    '',
  ].join('\n');
}

/** True when the script asks for the associative array that newer Octopus versions offer. */
function wantsArray(body: string): boolean {
  return body.includes('octopus_parameters[');
}

/**
 * A function that finds a value by its exact name (names are case-sensitive here, as in the original). A `case` is
 * read by every bash and needs no associative array. Values are evaluated.
 */
export function bashVariables(variables: VariableSet, body: string): string {
  const all = [...variables.entries()].map(({ name }) => [name, variables.get(name) ?? ''] as const);
  const branches = all.map(([name, value]) => `${quote(name)}) REPLY=${quote(value)} ;;`);
  const lookup = [
    '__octo_variable() {',
    '__octo_known=1',
    'case "$1" in',
    ...branches,
    "*) REPLY=''; __octo_known=0 ;;",
    'esac',
    '}',
  ];
  if (!wantsArray(body)) return `${lookup.join('\n')}\n`;
  const array = all.map(([name, value]) => `octopus_parameters[${quote(name)}]=${quote(value)}`);
  return `${[...lookup, 'declare -A octopus_parameters', ...array].join('\n')}\n`;
}

/** One shell word, whatever is in it. NUL cannot be in a shell's value and is dropped. */
export function quote(text: string): string {
  return `'${text.replaceAll('\0', '').replaceAll("'", `'\\''`)}'`;
}

/** CRLF becomes LF, a byte order mark goes: bash would stumble over both. */
export function bashText(body: string): string {
  return body.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
}
