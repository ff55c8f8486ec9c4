import { type Isolation, type Launch, type ScriptLimits } from '@octo/kernel';
import { randomBytes } from 'node:crypto';
import { quote } from './bash.ts';
import { word } from './powershell.ts';
import { textBytes } from './text-bytes.ts';
import { TOOL_HOST, TOOL_HOST_FILE } from './tool-host.ts';

export interface ToolLaunchParts {
  readonly name: string;
  readonly input: unknown;
  /** Full paths on the worker. */
  readonly node: string;
  readonly bundle: string;
  readonly taskId: string;
  readonly isolation: Isolation;
  readonly limits: ScriptLimits;
  readonly fence: number;
}

/** A tool is an ordinary launch: sessions know nothing of tools (house.md 3.1). */
export function toolLaunch(parts: ToolLaunchParts): Launch {
  const { name, input, node, bundle, taskId, isolation, limits, fence } = parts;
  const inputFile = `.octo-${randomBytes(9).toString('hex')}`;
  return {
    taskId,
    isolation,
    limits,
    fence,
    body: { bash: bashBody(node, bundle, inputFile), powershell: powershellBody(node, bundle, inputFile) },
    files: [
      { name: TOOL_HOST_FILE, content: textBytes(TOOL_HOST) },
      { name: inputFile, content: textBytes(JSON.stringify({ name, input })), secret: true },
    ],
  };
}

/** A runtime that was uploaded may not be marked as a program yet. The cache is somebody's folder: look before use. */
function bashBody(node: string, bundle: string, inputFile: string): string {
  const [program, file] = [quote(node), quote(bundle)];
  return [
    '# written by octo: step code that runs on the worker',
    `for octo_file in ${program} ${file}; do`,
    '  if [ ! -f "$octo_file" ]; then echo "octo: $octo_file is gone from the tool cache of this machine; delete the .ok file beside it" >&2; exit 127; fi',
    'done',
    `[ -x ${program} ] || chmod u+x ${program}`,
    'shopt -s execfail',
    `exec ${program} './${TOOL_HOST_FILE}' ${file} './${inputFile}'`,
    `echo "octo: "${program}" cannot be run: it is for another system, or the file system that it lies on is mounted noexec" >&2`,
    'exit 126',
    '',
  ].join('\n');
}

/** Written from the spec and not run: no Windows machine side exists yet. */
function powershellBody(node: string, bundle: string, inputFile: string): string {
  return `& ${word(node)} ${word(TOOL_HOST_FILE)} ${word(bundle)} ${word(inputFile)}\nexit $LASTEXITCODE\n`;
}
