import { InputError, type Isolation, type Launch, type Script } from '@octo/kernel';
import { type VariableSet } from '@octo/variables';
import { createHash, randomBytes } from 'node:crypto';
import { bashBootstrap, bashText, bashVariables, SCRIPT_FILE } from './bash.ts';
import { textBytes } from './text-bytes.ts';

export interface LaunchParts {
  readonly script: Script;
  readonly variables: VariableSet;
  readonly taskId: string;
  readonly isolation: Isolation;
  readonly fence: number;
}

/** Make of a script and its variables what a machine can start: a body for its own shell, and files. */
export function makeLaunch({ script, variables, taskId, isolation, fence }: LaunchParts): Launch {
  if (script.syntax !== 'Bash')
    throw new InputError(
      'OCTO_SCRIPT_SYNTAX',
      `scripts in ${script.syntax} cannot run: this release speaks Bash only`,
      {
        hint: 'write the script in Bash, or call the interpreter from it',
      },
    );
  const variablesFile = `.octo-${randomBytes(9).toString('hex')}`;
  const parameters = script.parameters === undefined ? undefined : variables.evaluate(script.parameters);
  const body = bashText(variables.evaluate(script.body));
  const file = script.fileName ?? SCRIPT_FILE;
  return {
    taskId,
    isolation,
    fence,
    body: { bash: bashBootstrap(variablesFile) },
    files: [
      ...(script.files ?? []),
      { name: file, content: textBytes(body) },
      { name: variablesFile, content: textBytes(bashVariables(variables, body, parameters, file)), secret: true },
    ],
  };
}

/** What a step asked for, as one word: a restart that asks for something else is noticed by it (house.md 3.1). */
export function digestOf(script: Script): string {
  const files = (script.files ?? []).map((f) => `${f.name} ${f.content.sizeBytes} ${f.content.sha256 ?? ''}`).sort();
  const asked = [
    script.syntax,
    script.body,
    script.parameters ?? '',
    files,
    ...(script.fileName ? [script.fileName] : []),
  ];
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}
