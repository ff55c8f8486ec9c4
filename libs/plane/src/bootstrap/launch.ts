import { type Isolation, type Launch, type Script, type Syntax } from '@octo/kernel';
import { type VariableSet } from '@octo/variables';
import { createHash, randomBytes } from 'node:crypto';
import { composeBash } from './bash.ts';
import { type Composed, type ScriptParts } from './compose.ts';
import { composePowerShell } from './powershell.ts';
import { composePython } from './python.ts';

export interface LaunchParts {
  readonly script: Script;
  readonly variables: VariableSet;
  readonly taskId: string;
  readonly isolation: Isolation;
  /** Absent: of no task that could be taken over. */
  readonly fence?: number;
}

const COMPOSE: Readonly<Record<Syntax, (parts: ScriptParts) => Composed>> = {
  Bash: composeBash,
  PowerShell: composePowerShell,
  Python: composePython,
};

/** Make of a script and its variables what a machine can start: a body for its own shell, and files. */
export function makeLaunch({ script, variables, taskId, isolation, fence }: LaunchParts): Launch {
  const { fileName, parameters } = script;
  const composed = COMPOSE[script.syntax]({
    body: variables.evaluate(script.body), // the one substitution that a script gets (calamari.md 1.4)
    variables,
    hiddenName: () => `.octo-${randomBytes(9).toString('hex')}`,
    ...(fileName !== undefined && { fileName }),
    ...(parameters !== undefined && { parameters: variables.evaluate(parameters) }),
  });
  const files = [...(script.files ?? []), ...composed.files];
  return { taskId, isolation, ...(fence !== undefined && { fence }), body: composed.body, files };
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
