import { type RawAnswer, type Request } from '@octo/api';
import { InputError } from '@octo/kernel';
import { Args, Flags } from '@oclif/core';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { connectionFlags, OctoCommand } from './octo-command.ts';

export const pathArg = { path: Args.string({ description: 'e.g. /api/workers/all', required: true }) };
export const rawFlags = {
  ...connectionFlags,
  raw: Flags.boolean({ description: 'print the answer as it came', default: false }),
};
export const bodyFlags = {
  ...rawFlags,
  body: Flags.string({
    char: 'b',
    description: 'JSON; @FILE is the content of a file, - is stdin. What holds a secret belongs into one of these',
  }),
};
interface Wanted {
  readonly server?: string | undefined;
  readonly data?: string | undefined;
  readonly raw: boolean;
  readonly body?: string | undefined;
}

/** `octo api get|post|put|delete`: the answer to stdout; one of an error ends with code 1, its code and hint to stderr. */
export abstract class RawCall extends OctoCommand {
  /** As the server said it, for --json too. */
  protected override toSuccessJson(answer: unknown): unknown {
    return answer;
  }

  protected async call(method: Request['method'], path: string, flags: Wanted): Promise<unknown> {
    const body = flags.body === undefined ? undefined : jsonOf(await bodyText(flags.body));
    await using connection = await this.connect(flags);
    const request = { method, path: asPath(path), ...(body !== undefined && { body }) };
    const answer = await connection.api.raw(request, AbortSignal.timeout(300_000));
    const parsed = tryJson(answer.text);
    if (answer.status >= 400) throw await failed(answer, parsed);
    if (this.jsonEnabled()) return parsed ?? { text: answer.text };
    const isPretty = !flags.raw && process.stdout.isTTY && parsed !== undefined;
    const shown = isPretty ? JSON.stringify(parsed, null, 2) : answer.text;
    process.stdout.write(flags.raw || shown.endsWith('\n') ? shown : `${shown}\n`);
    return undefined;
  }
}

async function failed({ status, text: said }: RawAnswer, body: unknown) {
  const { fromErrorBody } = await import('@octo/api');
  const { OctoError } = await import('@octo/kernel');
  const { code, message, hint } = fromErrorBody(status, body);
  const more = body === undefined && said.trim() !== '' ? `: ${said.trim().slice(0, 200)}` : '';
  // not one of wrong usage: the call was made. The code was an OctoError's
  return new OctoError(code as `OCTO_${string}`, `${status} ${message}${more}`, {
    ...(hint !== undefined && { hint }),
  });
}

/** `workers/all` and `/workers/all` are `/api/workers/all`. Whole addresses are refused: the key goes to one server. */
export function asPath(path: string): string {
  if (/^[a-z]+:\/\//i.test(path) || path.startsWith('//'))
    throw new InputError('OCTO_CLI_PATH', `"${path}" is an address, not a path`, { hint: 'write it like /api/spaces' });
  const from = `/${path.replace(/^\//, '')}`;
  return /^\/api(?=[/?]|$)/i.test(from) ? from : `/api${from}`;
}

async function bodyText(body: string): Promise<string> {
  if (body === '-') return text(process.stdin);
  if (!body.startsWith('@')) return body;
  return readFile(body.slice(1), 'utf8').catch((cause: Error) => {
    throw new InputError('OCTO_CLI_FILE', `the file ${body.slice(1)} cannot be read: ${cause.message}`, { cause });
  });
}
function jsonOf(body: string): unknown {
  const parsed = tryJson(body);
  if (parsed !== undefined) return parsed;
  throw new InputError('OCTO_CLI_BODY', `--body is not JSON`, { hint: `--body '{"Name": "x"}', or --body @file.json` });
}
function tryJson(said: string): unknown {
  try {
    return JSON.parse(said) as unknown;
  } catch {
    return undefined;
  }
}
