import { BASH_FUNCTIONS } from './bash-functions.ts';
import { type Composed, isModuleVariable, modulesOf, type ScriptParts } from './compose.ts';
import { textBytes } from './text-bytes.ts';

/** Name of the user's script in the workspace. */
const SCRIPT_FILE = 'Script.sh';

/** The machine's own shell runs the script, with the modules of its language beside it. */
export function composeBash(parts: ScriptParts): Composed {
  const variablesFile = parts.hiddenName();
  const body = bashText(parts.body);
  const modules = modulesOf(parts.variables, 'Bash').map((it) => ({ ...it, body: bashText(it.body) }));
  const texts = [body, ...modules.map((it) => it.body)].join('\n');
  return {
    body: { bash: bashBootstrap(variablesFile) },
    files: [
      ...modules.map((it) => ({ name: `${it.name}.sh`, content: textBytes(it.body) })),
      { name: parts.fileName ?? SCRIPT_FILE, content: textBytes(body) },
      { name: variablesFile, content: textBytes(bashVariables({ ...parts, body: texts })), secret: true },
    ],
  };
}

/**
 * What the machine's bash runs: it reads the file with the variables and empties it, and only then sources the user's
 * script. So while user code runs no variable is readable in argv, environment, a file or a descriptor (R243); the
 * values live in the shell's own memory. Emptied and not unlinked, because the shell can do that by itself: starting
 * `rm` would cost as much again as starting the script. The script itself stays beside it until the workspace goes, as
 * scripts expect, readable by its own user only.
 */
function bashBootstrap(variablesFile: string): string {
  return [
    '# written by octo: variables, helper functions, then the script of the step',
    `. './${variablesFile}' && : > './${variablesFile}' || { echo 'octo: the variables of this script are gone' >&2; exit 1; }`,
    BASH_FUNCTIONS.trim(),
    'log_environment_information',
    'eval "unset __octo_invocation; $__octo_invocation"',
    '',
  ].join('\n');
}

/** The file that is emptied before user code runs: the values, and the script's invocation, which may hold them. */
function bashVariables({ variables, body, parameters = '', fileName = SCRIPT_FILE }: ScriptParts): string {
  const all = [...variables.entries()].map(
    ({ name }) => [name, quote(name), quote(variables.get(name) ?? '')] as const,
  );
  const invocation = `. ${quote(`./${fileName}`)} ${bashText(parameters)}`;
  const parts = [lookup(all.map(([, name, value]) => [name, value])), `__octo_invocation=${quote(invocation)}`];
  const shown = all.filter(([name]) => !isModuleVariable(name)).map(([, name, value]) => [name, value] as const);
  if (wantsArray(body)) parts.push(array(shown));
  return `${parts.join('\n')}\n`;
}
type Words = readonly (readonly [name: string, value: string])[];

/**
 * A function that finds a value by its exact name (names are case-sensitive here, as in the original). A `case` is
 * read by every bash and needs no associative array.
 */
function lookup(all: Words): string {
  return [
    '__octo_variable() {',
    '__octo_known=1',
    'case "$1" in',
    ...all.map(([name, value]) => `${name}) __octo_value=${value} ;;`),
    `*) __octo_value='' __octo_known=0 ;;`,
    'esac',
    '}',
  ].join('\n');
}

/** True when the script asks for the associative array that newer Octopus versions offer. */
function wantsArray(body: string): boolean {
  return body.includes('octopus_parameters[');
}

/** Only bash 4.3 and newer has it, as in the original; the values are evaluated, which there is forgotten. */
function array(all: Words): string {
  return [
    'if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 403)); then',
    'declare -A octopus_parameters',
    ...all.filter(([name]) => name !== "''").map(([name, value]) => `octopus_parameters[${name}]=${value}`),
    'fi',
  ].join('\n');
}

/** One shell word, whatever is in it. NUL cannot be in a shell's value and is dropped. */
export function quote(text: string): string {
  return `'${text.replaceAll('\0', '').replaceAll("'", `'\\''`)}'`;
}

/** CRLF becomes LF, a byte order mark goes: bash would stumble over both. */
export function bashText(body: string): string {
  return body.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
}
