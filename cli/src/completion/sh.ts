import { type CommandShape, type FlagShape, type Values } from './shape.ts';

/**
 * Bash (3.2 of macOS, too) and zsh read the same tables, in `case`, and differ in how they get the line and give the
 * answer. Names come from a server: they are compared and quoted, never expanded (`compgen -W` would run `$(…)`).
 */
export function bashScript(commands: readonly CommandShape[]): string {
  return `# bash completion of octo; made by: octo completion bash
${tables(commands)}
_octo() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" candidate
  # bash splits --flag=value into three words
  local -a before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  [[ $cur == = ]] && { before+=(=); cur=; }
  COMPREPLY=()
  local IFS=$'\\n'
  while read -r candidate; do
    [[ -n $candidate && $candidate == "$cur"* ]] && COMPREPLY+=("$(printf %q "$candidate")")
  done < <(_octo_candidates "$cur" \${before[@]+"\${before[@]}"})
}
complete -o default -F _octo octo
`;
}

export function zshScript(commands: readonly CommandShape[]): string {
  return `#compdef octo
# zsh completion of octo; made by: octo completion zsh
${tables(commands)}
_octo() {
  local cur="\${words[CURRENT]}"
  local -a before=("\${(@Q)words[2,CURRENT-1]}") found
  if [[ $cur == --*=* ]]; then
    before+=("\${cur%%=*}" '=')
    compset -P '*='
    cur=
  fi
  found=("\${(@f)$(_octo_candidates "$cur" "\${before[@]}")}")
  found=(\${found:#})
  if (( \${#found} )); then compadd -a found; else _files; fi
}
if [[ \${funcstack[1]} == _octo ]]; then _octo "$@"; else compdef _octo octo; fi
`;
}

/** The part that both shells have in common. */
function tables(commands: readonly CommandShape[]): string {
  return `_octo_is_command() {
  case "$1" in
    ${heads(commands).map(quote).join('|')}) return 0 ;;
  esac
  return 1
}
_octo_next() {
  case "$1" in
${lines(nextWords(commands))}
  esac
}
_octo_flags() {
  case "$1" in
${lines(commands.map((it) => [it.words, it.flags.map((flag) => `--${flag.name}`)]))}
  esac
}
# of a flag of a command: its words, or names of a kind; 1 if it takes no value
_octo_value() {
  case "$1 $2" in
${commands.flatMap((it) => it.flags.flatMap((flag) => valueCases(it, flag))).join('\n')}
    *) return 1 ;;
  esac
}
_octo_arg() {
  case "$1 $2" in
${commands.flatMap((it) => it.args.flatMap((arg, n) => (hasValues(arg) ? [`    ${quote(`${it.words} ${n}`)}) ${shown(arg)} ;;`] : []))).join('\n')}
  esac
}
_octo_names() { command octo completion --names "$1" 2>/dev/null </dev/null; }
# the word that is begun, then the words before it
_octo_candidates() {
  local cur="$1" command="" flag="" word="" next="" args=0
  shift
  for word in "$@"; do
    if [ "$word" = "=" ]; then continue; fi
    if [ -n "$flag" ]; then flag=""; continue; fi
    case "$word" in
      --) return ;;
      -*) if _octo_value "$command" "$word" skip >/dev/null; then flag="$word"; fi; continue ;;
    esac
    next="\${command:+$command }$word"
    if [ "$args" = 0 ] && _octo_is_command "$next"; then command="$next"; else args=$((args + 1)); fi
  done
  if [ -n "$flag" ]; then _octo_value "$command" "$flag"; return; fi
  case "$cur" in
    -*) _octo_flags "$command" ;;
    *) if [ "$args" = 0 ]; then _octo_next "$command"; fi; _octo_arg "$command" "$args" ;;
  esac
}`;
}

/** \`worker\` → list, show; the empty word → the topics and commands of the first place. */
function nextWords(commands: readonly CommandShape[]): readonly (readonly [string, readonly string[]])[] {
  const next = new Map<string, Set<string>>();
  for (const { words } of commands) {
    const parts = words.split(' ');
    parts.forEach((part, n) => {
      const head = parts.slice(0, n).join(' ');
      next.set(head, (next.get(head) ?? new Set()).add(part));
    });
  }
  return [...next].map(([head, words]) => [head, [...words].toSorted()]);
}
/** Commands, and the words before them. */
function heads(commands: readonly CommandShape[]): readonly string[] {
  const all = commands.flatMap(({ words }) => {
    const parts = words.split(' ');
    return parts.map((_, n) => parts.slice(0, n + 1).join(' '));
  });
  return [...new Set(all)];
}
function lines(entries: readonly (readonly [string, readonly string[]])[]): string {
  return entries
    .filter(([, words]) => words.length > 0)
    .map(([head, words]) => `    ${quote(head)}) ${say(words)} ;;`)
    .join('\n');
}

function valueCases(command: CommandShape, flag: FlagShape): string[] {
  if (flag.values === undefined) return [];
  const names = [`--${flag.name}`, ...(flag.char === undefined ? [] : [`-${flag.char}`])];
  const patterns = names.map((name) => quote(`${command.words} ${name}`)).join('|');
  return [`    ${patterns}) ${shown(flag.values)} ;;`];
}
function hasValues({ options, kind }: Values): boolean {
  return kind !== undefined || (options ?? []).length > 0;
}
function shown({ options, kind }: Values): string {
  if (options && options.length > 0) return say(options);
  if (kind === undefined) return ':';
  return `[ -n "\${3-}" ] || _octo_names ${kind}`; // whether it takes a value is asked for words before: no names then
}
function say(words: readonly string[]): string {
  return `printf '%s\\n' ${words.map(quote).join(' ')}`;
}
/** Commands of plugins are written by others. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
