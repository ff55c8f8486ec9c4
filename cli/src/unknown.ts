import { InputError, type OctoError } from '@octo/kernel';
import { nearest } from './nearest.ts';

/** The words before the first flag, when no command begins with them; ids are like `worker:list`. */
export function unknownCommand(args: readonly string[], ids: readonly string[]): OctoError | undefined {
  const end = args.findIndex((arg) => arg.startsWith('-'));
  const words = end === -1 ? args : args.slice(0, end);
  if (words.length === 0) return undefined;
  const heads = words.map((_, n) => words.slice(0, n + 1).join(':'));
  const whole = words.join(':');
  const isTopic = ids.some((id) => id.startsWith(`${whole}:`));
  if (isTopic || heads.some((head) => ids.includes(head))) return undefined;
  return new InputError('OCTO_CLI_COMMAND', `there is no command "octo ${shown(words, ids)}"`, {
    hint: meant(words, ids),
  });
}

function meant(words: readonly string[], ids: readonly string[]): string {
  const [topic = ''] = words;
  const inTopic = ids.filter((id) => id.startsWith(`${topic}:`));
  const near = nearest(words.slice(0, 2).join(':'), inTopic.length > 0 ? inTopic : ids);
  const topics = nearest(topic, [...new Set(ids.map((id) => id.split(':')[0] ?? id))]);
  const found = near.length > 0 ? near : inTopic.length > 0 ? inTopic : topics;
  const help = inTopic.length > 0 ? `octo ${topic} --help` : 'octo --help';
  if (found.length === 0) return help;
  return `did you mean: ${found.map((id) => `octo ${id.replaceAll(':', ' ')}`).join(', ')}? All: ${help}`;
}
/** Only what is to blame: what follows an unknown command may be anything. */
function shown(words: readonly string[], ids: readonly string[]): string {
  const isTopic = ids.some((id) => id.startsWith(`${words[0]}:`));
  return words.slice(0, isTopic ? 2 : 1).join(' ');
}

/** oclif names the flags in its sentence only; a value after `=` may be a secret and is left out. */
export function unknownFlag(error: Error, { id, known }: { readonly id: string; readonly known: readonly string[] }) {
  const wanted = 'flags' in error && Array.isArray(error.flags) ? error.flags.map(String) : [];
  const names = wanted.map((it) => it.replace(/=.*/s, ''));
  const near = names.flatMap((name) => nearest(name.replace(/^-+/, ''), known)).map((name) => `--${name}`);
  const help = `octo ${id.replaceAll(':', ' ')} --help`;
  return new InputError('OCTO_CLI_FLAG', `unknown flag ${names.join(', ')}`.trim(), {
    hint: near.length === 0 ? help : `did you mean ${[...new Set(near)].join(', ')}? All: ${help}`,
  });
}
