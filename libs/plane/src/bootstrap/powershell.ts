import { type Composed, isModuleVariable, modulesOf, type ScriptParts } from './compose.ts';
import { POWERSHELL_BOOTSTRAP } from './powershell-bootstrap.ts';
import { textBytes } from './text-bytes.ts';

const SCRIPT_FILE = 'Script.ps1';
const BOOTSTRAP_FILE = 'octo-bootstrap.ps1';
/** Windows PowerShell takes a file without it for the machine's old code page. */
const BOM = '\uFEFF';

/**
 * Written from the spec (calamari.md 1b) and not run: no PowerShell could be installed where this was made.
 *
 * On Unix the machine's bash hands over to pwsh; on Windows the body is PowerShell itself. Variables and the invocation
 * with its parameters come in one file of JSON, which the bootstrap reads and empties before user code runs (R243); all
 * texts in it are base64, so that no quoting can go wrong on the way.
 */
export function composePowerShell(parts: ScriptParts): Composed {
  const { body, fileName = SCRIPT_FILE, parameters = '', variables } = parts;
  const variablesFile = parts.hiddenName();
  const modules = modulesOf(variables, 'PowerShell').map((it) => ({ ...it, file: `Library_${it.name}.psm1` }));
  const values = [...variables.entries()].filter(({ name }) => !isModuleVariable(name));
  const handed = {
    variables: values.map(({ name }) => [base64(name), base64(variables.get(name) ?? '')]),
    invocation: base64(`. ${word(`./${fileName}`)} ${parameters}`),
    modules: modules.map(({ file }) => base64(file)),
  };
  const isWithoutProfile = variables.get('Octopus.Action.PowerShell.ExecuteWithoutProfile')?.toLowerCase() === 'true';
  return {
    body: { bash: handOver(variablesFile, isWithoutProfile), powershell: `${invoke(variablesFile)}\n` },
    files: [
      { name: fileName, content: textBytes(BOM + body.replace(/^\uFEFF/, '')) },
      { name: BOOTSTRAP_FILE, content: textBytes(BOM + POWERSHELL_BOOTSTRAP) },
      ...modules.map(({ file, body: text }) => ({ name: file, content: textBytes(BOM + text) })),
      { name: variablesFile, content: textBytes(JSON.stringify(handed)), secret: true },
    ],
  };
}

/** The last native program's code becomes the exit code only through `$LastExitCode` (calamari.md 1b). */
function invoke(variablesFile: string): string {
  return `. {. './${BOOTSTRAP_FILE}' '${variablesFile}'; if ((test-path variable:global:lastexitcode)) { exit $LastExitCode }}`;
}

function handOver(variablesFile: string, isWithoutProfile: boolean): string {
  const flags = `${isWithoutProfile ? '-NoProfile ' : ''}-NoLogo -NonInteractive -ExecutionPolicy Unrestricted`;
  const command = `Set-PSDebug -Trace 0;Try {${invoke(variablesFile)};} catch { throw }`;
  return [
    '# written by octo: hands over to the pwsh of this machine',
    'command -v pwsh > /dev/null || { echo "octo: there is no pwsh on the PATH of this machine: $PATH" >&2; exit 127; }',
    `exec pwsh ${flags} -Command '${command.replaceAll("'", `'\\''`)}'`,
    '',
  ].join('\n');
}

/** One word of PowerShell, whatever is in it: curved quotes end a word there, too. */
export function word(text: string): string {
  return `'${text.replaceAll(/['‘’‚‛]/g, '$&$&')}'`;
}
function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
