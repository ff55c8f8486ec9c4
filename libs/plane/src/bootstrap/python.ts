import { quote } from './bash.ts';
import { type Composed, isModuleVariable, modulesOf, type ScriptParts } from './compose.ts';
import { PYTHON_BOOTSTRAP } from './python-bootstrap.ts';
import { textBytes } from './text-bytes.ts';

const SCRIPT_FILE = 'Script.py';
const BOOTSTRAP_FILE = 'octo_bootstrap.py';

/**
 * The machine's bash hands over to python3. The shell parses the parameters, and they go over a descriptor: neither they
 * nor a variable stands in argv or the environment. The bootstrap reads the variables and empties their file before user
 * code runs (R243).
 */
export function composePython(parts: ScriptParts): Composed {
  const { body, fileName = SCRIPT_FILE, parameters = '', variables } = parts;
  const [variablesFile, wordsFile] = [parts.hiddenName(), parts.hiddenName()];
  const values = [...variables.entries()].filter(({ name }) => !isModuleVariable(name));
  const known = Object.fromEntries(values.map(({ name }) => [name, variables.get(name) ?? '']));
  return {
    body: { bash: handOver(variablesFile, wordsFile, fileName) },
    files: [
      ...modulesOf(variables, 'Python').map((it) => ({ name: `${it.name}.py`, content: textBytes(it.body) })),
      { name: fileName, content: textBytes(body) },
      { name: BOOTSTRAP_FILE, content: textBytes(PYTHON_BOOTSTRAP) },
      { name: variablesFile, content: textBytes(JSON.stringify(known)), secret: true },
      { name: wordsFile, content: textBytes(`set -- ${parameters.replaceAll('\r\n', '\n')}\n`), secret: true },
    ],
  };
}

function handOver(variablesFile: string, wordsFile: string, fileName: string): string {
  const python = `exec python3 -u './${BOOTSTRAP_FILE}' './${variablesFile}' ${quote(fileName)}`;
  return [
    '# written by octo: hands over to the python3 of this machine',
    `. './${wordsFile}' && : > './${wordsFile}' || { echo 'octo: the parameters of this script cannot be read' >&2; exit 1; }`,
    'command -v python3 > /dev/null || { echo "octo: there is no python3 on the PATH of this machine: $PATH" >&2; exit 127; }',
    `if [ $# -gt 0 ]; then ${python} 3< <(printf '%s\\0' "$@"); else ${python} 3< /dev/null; fi`,
    '',
  ].join('\n');
}
