/** What a shell must know of a command. */
export interface CommandShape {
  /** `worker list` */
  readonly words: string;
  readonly flags: readonly FlagShape[];
  /** Of each argument, in order. */
  readonly args: readonly Values[];
}
export interface FlagShape {
  readonly name: string;
  readonly char?: string | undefined;
  readonly description: string;
  /** Without: a switch. */
  readonly values?: Values | undefined;
}
/** Fixed words; or names that a server knows; or anything (files, too). */
export interface Values {
  readonly options?: readonly string[] | undefined;
  readonly kind?: Kind | undefined;
}
export const KINDS = ['workers', 'pools', 'tasks', 'spaces', 'users', 'teams'] as const;
export type Kind = (typeof KINDS)[number];

interface OclifFlag {
  readonly char?: string | undefined;
  readonly type: string;
  readonly options?: readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly summary?: string | undefined;
  readonly hidden?: boolean | undefined;
}
interface OclifArg {
  readonly options?: readonly string[] | undefined;
}

export function shapeOf(
  id: string,
  flags: Readonly<Record<string, OclifFlag>>,
  args: Readonly<Record<string, OclifArg>>,
): CommandShape {
  return {
    words: id.replaceAll(':', ' '),
    flags: Object.entries(flags)
      .filter(([, it]) => it.hidden !== true)
      .map(([name, it]) => ({
        name,
        char: it.char,
        description: it.summary ?? it.description ?? '',
        values: it.type === 'boolean' ? undefined : { options: it.options, kind: kindOf(id, name) },
      })),
    args: Object.entries(args).map(([name, it]) => ({ options: it.options, kind: kindOf(id, name) })),
  };
}

const BY_WORD: Readonly<Record<string, Kind>> = {
  worker: 'workers',
  pool: 'pools',
  task: 'tasks',
  space: 'spaces',
  user: 'users',
  member: 'users',
  team: 'teams',
};
/**
 * By the last word of the flag's or argument's name: `--remove-team` wants a team. An argument called id or name is of the
 * command's topic, unless the command makes a new one.
 */
function kindOf(id: string, name: string): Kind | undefined {
  const [topic = '', verb] = id.split(':');
  const word = name.split('-').at(-1) ?? '';
  const isNew = verb === 'add' || verb === 'new' || verb === 'create';
  if (name === 'id' || name === 'name') return isNew ? undefined : BY_WORD[topic];
  return BY_WORD[word.toLowerCase()];
}
