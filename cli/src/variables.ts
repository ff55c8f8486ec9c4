import { InputError } from '@octo/kernel';
import { readFile } from 'node:fs/promises';

export interface GivenVariable {
  readonly name: string;
  readonly value: string;
  readonly sensitive?: boolean;
}

/** `--var NAME=VALUE`. The value may hold `=`. */
export function parseVariable(text: string): GivenVariable {
  const at = text.indexOf('=');
  if (at <= 0)
    throw new InputError('OCTO_CLI_VARIABLE', `--var "${text}" has no value`, {
      hint: 'write it like --var Name=value',
    });
  return { name: text.slice(0, at), value: text.slice(at + 1) };
}

/**
 * `--secret NAME=@file` reads a file (its last line break goes), `--secret NAME` the environment variable of that name.
 * A value on the command line is refused: every user of the machine could read it there (R243).
 */
export async function readSecret(text: string, env: NodeJS.ProcessEnv): Promise<GivenVariable> {
  const at = text.indexOf('=');
  if (at < 0) {
    const value = env[text];
    if (value === undefined)
      throw new InputError('OCTO_CLI_SECRET', `--secret ${text}: there is no environment variable ${text}`, {
        hint: `set ${text}, or write --secret ${text}=@file`,
      });
    return { name: text, value, sensitive: true };
  }
  const [name, source] = [text.slice(0, at), text.slice(at + 1)];
  if (name === '' || !source.startsWith('@'))
    throw new InputError(
      'OCTO_CLI_SECRET',
      `--secret ${name}: a secret on the command line can be read by everybody on this machine`,
      {
        hint: `put it into a file and write --secret ${name || 'NAME'}=@file, or into the environment and write --secret ${name || 'NAME'}`,
      },
    );
  return { name, value: (await readText(source.slice(1))).replace(/\r?\n$/, ''), sensitive: true };
}

export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new InputError('OCTO_CLI_FILE', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
