/**
 * Where tokens end that are more than a plain reference: those with another token inside (`#{A | Append #{B}}`,
 * `#{A[#{B}]}`) and blocks (`#{if A} … #{/if}`). They stay whole until the template engine comes, so a scanner leaps
 * over them. Both tables are made in one pass, the first time they are asked for.
 */
export class RichTokens {
  readonly #text: string;
  readonly #hasBlocks: boolean;
  #braces: ReadonlyMap<number, number> | undefined;
  #blocks: ReadonlyMap<number, number> | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#hasBlocks = text.includes('#{/');
  }

  /** Behind the `#{/if}` that closes the block which opens at `begin`; undefined where none opens or none closes it. */
  blockEnd(begin: number): number | undefined {
    if (!this.#hasBlocks) return undefined;
    this.#blocks ??= pairs(this.#text.matchAll(/#\{\s*(?<open>if|unless|each)\s|#\{\/(?<close>if|unless|each)\}/g));
    return this.#blocks.get(begin);
  }

  /** Behind the brace that closes the token at `begin`, other tokens inside it counted. */
  tokenEnd(begin: number): number | undefined {
    this.#braces ??= pairs(this.#text.matchAll(/(?<open>#)\{|(?<close>\})/g), () => true);
    return this.#braces.get(begin);
  }
}

/** Ends by beginnings; what is never closed has none. */
function pairs(
  marks: Iterable<RegExpExecArray>,
  fits: (open: string, close: string) => boolean = (open, close) => open === close,
): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  const open: { readonly word: string; readonly at: number }[] = [];
  for (const { groups, index, 0: mark } of marks) {
    if (groups?.['open'] !== undefined) open.push({ word: groups['open'], at: index });
    else
      for (let last = open.pop(); last; last = open.pop())
        if (fits(last.word, groups?.['close'] ?? '')) {
          ends.set(last.at, index + mark.length);
          break;
        }
  }
  return ends;
}
