import { type CommandShape, type Values } from './shape.ts';

/** Fish shows descriptions, so it gets them. */
export function fishScript(commands: readonly CommandShape[]): string {
  return `# fish completion of octo; made by: octo completion fish
function __octo_at --description 'the words so far are those of this command, and so many arguments'
    set -l words (commandline -opc | string match -v -- '-*')
    set -e words[1]
    set -l wanted (string split -n ' ' -- $argv[1])
    test (count $words) -ge (count $wanted); or return 1
    for n in (seq (count $wanted))
        test "$words[$n]" = "$wanted[$n]"; or return 1
    end
    test -z "$argv[2]"; or test (count $words) -eq (math (count $wanted) + $argv[2])
end
function __octo_names
    command octo completion --names $argv[1] 2>/dev/null </dev/null
end
complete -c octo -f
${commands.flatMap((it) => [...words(it), ...flags(it), ...args(it)]).join('\n')}
`;
}

/** Each word of the command after those before it; fish leaves doubles out. */
function words({ words: all }: CommandShape): string[] {
  const parts = all.split(' ');
  return parts.map((part, n) => {
    const head = parts.slice(0, n).join(' ');
    return `complete -c octo -n ${quote(`__octo_at ${quote(head)} 0`)} -a ${quote(part)}`;
  });
}
function flags({ words: head, flags: all }: CommandShape): string[] {
  return all.map(({ name, char, description, values }) => {
    const short = char === undefined ? '' : ` -s ${char}`;
    const value = values === undefined ? '' : ` -r${choices(values)}`;
    const what = quote(description.split('\n')[0] ?? '');
    return `complete -c octo -n ${quote(`__octo_at ${quote(head)}`)} -l ${name}${short}${value} -d ${what}`;
  });
}
function args({ words: head, args: all }: CommandShape): string[] {
  return all.flatMap((values, n) => {
    const what = choices(values);
    return what.includes('-a') ? [`complete -c octo -n ${quote(`__octo_at ${quote(head)} ${n}`)}${what}`] : [];
  });
}
function choices({ options, kind }: Values): string {
  if (options && options.length > 0) return ` -f -a ${quote(options.join(' '))}`;
  return kind === undefined ? ' -F' : ` -f -a '(__octo_names ${kind})'`;
}
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
