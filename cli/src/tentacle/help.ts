import { COMMON, type Command, type Io, type Option } from './command.ts';

const FULL = 100; // columns
const HELP: Option = { names: ['help', '?'], kind: 'switch', about: 'this text' };

/** All commands, as text or as JSON (halibut.md 9.1). */
export function showCommands(all: readonly Command[], format: 'text' | 'json', io: Io): void {
  if (format === 'json') {
    const Commands = all.map(({ name, about, aliases = [] }) => ({ Name: name, Description: about, Aliases: aliases }));
    return io.write(JSON.stringify({ Commands }, undefined, 2));
  }
  io.line('Usage: tentacle <command> [--option=value …]\n\nCommands:\n');
  for (const line of table(all.map((it) => [it.name, it.about]))) io.line(line);
  io.line('\nOptions of a command: tentacle help <command>');
}

export function showCommand({ name, about, aliases = [], options }: Command, format: 'text' | 'json', io: Io): void {
  const shown = (some: readonly Option[]) => some.map((it) => ({ Name: it.names[0], Description: it.about }));
  if (format === 'json') {
    const told = { Name: name, Description: about, Aliases: aliases, Options: shown(options) };
    return io.write(JSON.stringify({ ...told, CommonOptions: shown([HELP]) }, undefined, 2));
  }
  const also = aliases.length === 0 ? '' : ` Also called ${aliases.join(', ')}.`;
  io.line(`Usage: tentacle ${name} [--option=value …]\n\n${about}${also}\n\nOptions:\n`);
  for (const line of table(options.map((it) => [spell(it), it.about]))) io.line(line);
  if (options.length === 0) io.line('  none');
  io.line('\nOptions of every command:\n');
  for (const line of table([HELP, ...COMMON].map((it) => [spell(it), it.about]))) io.line(line);
}

function spell({ names, kind }: Option): string {
  const dashed = names.map((name) => (name.length === 1 ? `-${name}` : `--${name}`)).join(', ');
  return kind === 'switch' ? dashed : `${dashed}=VALUE`;
}

/** Two columns; what does not fit into the second goes on below its beginning. */
function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.min(34, Math.max(0, ...rows.map(([left]) => left.length)) + 2);
  return rows.flatMap(([left, right]) => {
    const [first = '', ...more] = wrapped(right, FULL - 2 - width);
    const begin = left.length < width ? [`  ${left.padEnd(width)}${first}`] : [`  ${left}`, indent(width, first)];
    return [...begin, ...more.map((line) => indent(width, line))];
  });
}
const indent = (width: number, text: string) => `${' '.repeat(width + 2)}${text}`;

function wrapped(text: string, columns: number): readonly string[] {
  return text.split(' ').reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns) return [...lines, word];
    return lines.with(-1, `${last} ${word}`);
  }, []);
}
