import { InputError, OctoError } from '@octo/kernel';
import { manners } from './manners.ts';

/** What stands for the answer where nobody can be asked. */
export interface Instead {
  /** As it is typed, e.g. `--username U`. */
  readonly flag: string;
}

/** A person sits at both ends, and did not ask to be left alone. */
export function canAsk(
  { stdin, stdout }: { stdin: { isTTY?: boolean }; stdout: { isTTY?: boolean } } = process,
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  const isCi = (env['CI'] ?? '') !== '' && env['CI'] !== 'false';
  return stdin.isTTY === true && stdout.isTTY === true && !isCi && !manners.noPrompt;
}

/** Questions to a person; elsewhere the error says which flag answers. Questions go to stderr: stdout holds the result. */
export const ask = {
  async text(what: string, { flag, initial }: Instead & { readonly initial?: string }): Promise<string> {
    const { input } = await prompts(what, flag);
    const options = { message: what, required: true, ...(initial !== undefined && { default: initial }) };
    return (await answer(input(options, SCREEN))).trim();
  },
  async choice(what: string, choices: readonly string[], { flag }: Instead): Promise<string> {
    const { select } = await prompts(what, `${flag} (one of: ${choices.join(', ')})`);
    return answer(select({ message: what, choices }, SCREEN));
  },
  async secret(what: string, { flag }: Instead): Promise<string> {
    const { password } = await prompts(what, flag);
    return answer(password({ message: what, mask: true }, SCREEN));
  },
  async confirm(what: string, { flag }: Instead): Promise<boolean> {
    const { confirm } = await prompts(what, flag);
    return answer(confirm({ message: what, default: false }, SCREEN));
  },
};
const SCREEN = { output: process.stderr };

/** Loaded by the first question: no command pays for it that asks none. */
async function prompts(what: string, flag: string) {
  if (!canAsk()) throw missing(what, flag);
  return import('@inquirer/prompts');
}
export function missing(what: string, flag: string): InputError {
  return new InputError('OCTO_CLI_MISSING', `missing: ${what.replace(/[?:]$/, '')}`, { hint: `give ${flag}` });
}

async function answer<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof Error) || !['ExitPromptError', 'AbortPromptError'].includes(error.name)) throw error;
    throw new OctoError('OCTO_CLI_INTERRUPTED', 'interrupted; nothing was done', { cause: error });
  }
}
