import { type Option } from './command.ts';
import { KnownFailure } from './errors.ts';

/** Options as they were given, by the first of their names. Values keep the order in which they came. */
export class Values {
  readonly #given: readonly (readonly [string, string])[];

  constructor(given: readonly (readonly [string, string])[]) {
    this.#given = given;
  }

  /** The last one counts. An empty text is a value, too. */
  get(name: string): string | undefined {
    return this.all(name).at(-1);
  }
  /** As `get`, but nothing for an empty text. */
  text(name: string): string | undefined {
    return this.get(name)?.trim() || undefined;
  }
  has(name: string): boolean {
    return this.#given.some(([key]) => key === name);
  }
  all(name: string): readonly string[] {
    return this.#given.filter(([key]) => key === name).map(([, value]) => value);
  }
  /** In the order given. */
  entries(): readonly (readonly [string, string])[] {
    return this.#given;
  }
  /** A number that does not parse is no foreseen failure: exit code 100 (9.1). */
  number(name: string): number | undefined {
    const text = this.get(name);
    return text === undefined ? undefined : parseWhole(text, name);
  }
}

export function parseWhole(text: string, name: string): number {
  if (/^\s*[+-]?\d{1,15}\s*$/.test(text)) return Number(text);
  throw new Error(`the value '${text}' of --${name} is no whole number`);
}
export function parseFlag(text: string, name: string): boolean {
  const lower = text.trim().toLowerCase();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  throw new Error(`the value '${text}' of --${name} is neither True nor False`);
}

/**
 * `--name=value`, `--name value`, `-n value`, `/name:value`: all the same, names in any case (halibut.md 9.1). What is not
 * known, and every surplus word, is refused in one line, before anything is done.
 */
export function parseOptions(args: readonly string[], options: readonly Option[]): Values {
  const given: [string, string][] = [];
  const unknown: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    const [, name, , inline] = /^(?:--?|\/)([A-Za-z?][\w?-]*)([=:](.*))?$/s.exec(arg) ?? [];
    const option = name === undefined ? undefined : options.find((it) => it.names.some((n) => isSame(n, name)));
    if (!option) {
      unknown.push(arg);
      continue;
    }
    const [key = ''] = option.names;
    if (option.kind === 'switch') {
      if (inline === undefined || parseFlag(inline, key)) given.push([key, 'true']);
      continue;
    }
    if (inline === undefined && at + 1 >= args.length)
      throw new KnownFailure(`Missing required value for option '${arg}'.`);
    given.push([key, inline ?? args[++at] ?? '']);
  }
  if (unknown.length > 0) throw new KnownFailure(`Unrecognized command line arguments: ${unknown.join(' ')}`);
  return new Values(given);
}

export function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The command line as it may be logged: values of what is secret are stars, in every form of an option. */
export function masked(args: readonly string[]): string {
  const words = args.map((arg, at) => {
    const [, head = '', name = '', inline] = /^((?:--?|\/)([A-Za-z][\w-]*)[=:])(.*)$/s.exec(arg) ?? [];
    if (inline !== undefined && isSecret(name)) return `${head}********`;
    const [, before] = /^(?:--?|\/)([A-Za-z][\w-]*)$/.exec(args[at - 1] ?? '') ?? [];
    return before !== undefined && isSecret(before) ? '********' : arg;
  });
  return words.join(' ');
}

const SECRETS = [
  'apikey',
  'bearertoken',
  'p',
  'password',
  'pw',
  'pfx-password',
  'u',
  'user',
  'username',
  'proxypassword',
  'token',
];
function isSecret(name: string): boolean {
  return SECRETS.includes(name.toLowerCase());
}
