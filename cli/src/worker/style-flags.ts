import { type EndpointMember, type WorkerStyle } from '@octo/api';
import { InputError } from '@octo/kernel';
import { Flags } from '@oclif/core';
import { unknown } from '../pick.ts';

/** What may be null has several types. */
type Member = Omit<EndpointMember, 'type'> & {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly EndpointMember[];
};

/** Members that name a resource; their flags take its name, too. */
export const REFERENCES = { AccountId: 'accounts', JumpAccountId: 'accounts', ProxyId: 'proxies' } as const;

/** `AccountId` is `--account`, `HTTPPort` is `--http-port`. */
export function flagOf(member: string): string {
  const words = member.replace(/(?<=.)Id$/, '').replaceAll(/([a-z0-9])([A-Z])|([A-Z]+)(?=[A-Z][a-z])/g, '$1$3-$2');
  return words.replaceAll(/[^A-Za-z0-9]+/g, '-').toLowerCase();
}

/** By its word or its communication style, in any case. */
export function styleOf(styles: readonly WorkerStyle[], wanted: string): WorkerStyle {
  const key = wanted.toLowerCase();
  const found = styles.find(({ Style, Word }) => Word.toLowerCase() === key || Style.toLowerCase() === key);
  if (found) return found;
  throw unknown(
    'style of workers',
    wanted,
    styles.map((it) => it.Word),
  );
}

function membersOf(style: WorkerStyle): readonly (readonly [string, Member])[] {
  const own = new Set(['communicationstyle']);
  return Object.entries(style.Endpoint.properties ?? {}).filter(([name]) => !own.has(name.toLowerCase()));
}
function typeOf({ type, anyOf }: Member): string {
  const [first] = [type ?? []].flat().filter((it) => it !== 'null');
  return first ?? anyOf?.find((it) => it.type !== 'null')?.type ?? 'string';
}

/** What people call the address of a listening and of a polling agent. */
const ALIASES: Readonly<Record<string, string[]>> = { uri: ['url', 'subscription'] };

/** The flags of all these styles at once; `taken`: names that a command has already. */
export function styleFlags(styles: readonly WorkerStyle[]) {
  const byFlag = new Map<string, { readonly member: Member; readonly words: string[] }>();
  for (const style of styles)
    for (const [name, member] of membersOf(style)) {
      const known = byFlag.get(flagOf(name));
      if (known) known.words.push(style.Word);
      else byFlag.set(flagOf(name), { member, words: [style.Word] });
    }
  return Object.fromEntries(
    [...byFlag].map(([flag, { member, words }]) => {
      const choices = member.enum && ` (${member.enum.join(', ')})`;
      const preset = member.default === undefined ? '' : ` [default: ${JSON.stringify(member.default)}]`;
      const description = `${styles.length > 1 ? `${words.join(', ')}: ` : ''}${member.description ?? flag}${choices ?? ''}${preset}`;
      const aliases = ALIASES[flag] ?? [];
      return [flag, Flags.string({ aliases, description, helpGroup: styles.length > 1 ? 'ENDPOINT' : `${words[0]}` })];
    }),
  );
}

/** Given flags as members of the style's endpoint; one that belongs to other styles only is refused by name. */
export function endpointMembers(
  style: WorkerStyle,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const members = new Map(membersOf(style).map(([name, member]) => [flagOf(name), { name, member }]));
  const found: Record<string, unknown> = {};
  for (const [flag, text] of Object.entries(given)) {
    if (typeof text !== 'string') continue;
    const known = members.get(flag);
    if (!known)
      throw new InputError('OCTO_CLI_STYLE_FLAG', `--${flag} is no flag of style ${style.Word}`, {
        hint: `its own are: ${[...members.keys()].map((it) => `--${it}`).join(', ') || 'none'}`,
      });
    found[known.name] = valueOf(text, known.member, `--${flag}`);
  }
  return found;
}

/** What the style cannot do without and nobody has given. */
export function missingMembers(style: WorkerStyle, given: Readonly<Record<string, unknown>>) {
  return membersOf(style)
    .filter(([name, member]) => style.Endpoint.required?.includes(name) && member.default === undefined)
    .filter(([name]) => given[name] === undefined)
    .map(([name, member]) => ({ name, flag: `--${flagOf(name)}`, what: member.description ?? name }));
}

function valueOf(text: string, member: Member, flag: string): unknown {
  const type = typeOf(member);
  const bad = (what: string) => new InputError('OCTO_CLI_STYLE_FLAG', `${flag} is ${what}, not "${text}"`);
  if (member.enum && !member.enum.includes(text)) {
    const same = member.enum.find((it) => it.toLowerCase() === text.toLowerCase());
    if (same === undefined) throw bad(`one of ${member.enum.join(', ')}`);
    return same;
  }
  if (type === 'string') return text;
  if (type === 'array' && !text.startsWith('[')) return text.split(',').map((it) => it.trim());
  try {
    const value: unknown = JSON.parse(text);
    if (type === 'integer' && !Number.isInteger(value)) throw bad('a whole number');
    if (type === 'number' && typeof value !== 'number') throw bad('a number');
    if (type === 'boolean' && typeof value !== 'boolean') throw bad('true or false');
    return value;
  } catch (cause) {
    if (cause instanceof SyntaxError) throw bad(type === 'integer' ? 'a whole number' : `of type ${type}`);
    throw cause;
  }
}
