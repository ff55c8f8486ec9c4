import { InputError } from '@octo/kernel';
import { readFile } from 'node:fs/promises';
import { ask, canAsk, missing } from './ask.ts';

const STDIN_LIMIT_MS = 30_000;

/**
 * A secret comes from a file, from stdin (`-`, or where nobody can be asked) or from a question; never from the command
 * line, where every user of the machine can read it. The line break at its end does not count.
 */
export async function secretFrom(
  file: string | undefined,
  { what, flag }: { readonly what: string; readonly flag: string },
): Promise<string> {
  if (file === undefined && canAsk()) return ask.secret(what, { flag });
  const text = file === undefined || file === '-' ? await fromStdin(what, flag) : await fromFile(file, what);
  const secret = text.replace(/^\uFEFF/, '').replace(/\r?\n$/, '');
  if (secret === '') throw missing(what, flag);
  return secret;
}

async function fromFile(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new InputError('OCTO_CLI_FILE', `the file with the ${what} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Some programs start others with a stdin that never says anything. */
async function fromStdin(what: string, flag: string): Promise<string> {
  if (process.stdin.isTTY) throw missing(what, flag);
  const chunks: Buffer[] = [];
  const timer = setTimeout(() => process.stdin.destroy(missing(what, flag)), STDIN_LIMIT_MS);
  try {
    for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Buffer)); // no encoding is set: bytes
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
