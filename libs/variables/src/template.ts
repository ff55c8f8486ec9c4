import { RichTokens } from './rich-tokens.ts';

const OPEN = '#{';
const WORD = String.raw`[\p{L}\p{Nd}_:/~()@\s-]+`;
const INDEX = String.raw`\[[^[\]]*(?:\[[^[\]]*\][^[\]]*)*\]`;
/** A path of names and literal indexes (octostache.md 2). White space inside belongs to the name. */
const PLAIN = new RegExp(String.raw`^(?!/|(?:if|unless|each|calc)\s)${WORD}(?:\.${WORD}|${INDEX})*$`, 'iu');

/**
 * The plain references of the template language: `#{Name}` becomes what `look` answers, `##{x}` a literal `#{x}`.
 *
 * This is not yet the whole language. A richer token (a filter, a computed index, `#{if …}` with all up to its
 * `#{/if}`) and every unknown name stay as they stand, which is also what the "do not halt" mode of octostache.md 7.3
 * does with what it cannot resolve; the full language comes with the template engine. One pass, linear in the text.
 */
export function evaluate(text: string, look: (name: string) => string | undefined): string {
  let begin = text.indexOf(OPEN);
  if (begin < 0) return text;
  const rich = new RichTokens(text);
  let result = '';
  let copied = 0;
  for (let end = -1, next; begin >= 0; begin = next) {
    next = text.indexOf(OPEN, begin + OPEN.length);
    const hashes = hashesBefore(text, begin, copied);
    if (hashes > 0) {
      result += text.slice(copied, begin - 1); // one # of a doubled one goes
      copied = begin;
    }
    if (hashes % 2 === 1) continue;
    if (end < begin) end = text.indexOf('}', begin);
    if (end < 0) break;
    const leapTo = leap(rich, text, begin, next < 0 || next > end ? undefined : next);
    if (leapTo !== undefined) next = text.indexOf(OPEN, leapTo);
    else if (next < 0 || next > end) {
      const value = valueOf(text.slice(begin + OPEN.length, end).trim(), look);
      if (value === undefined) continue;
      result += text.slice(copied, begin) + value;
      copied = end + 1;
    }
  }
  return result + text.slice(copied);
}

function valueOf(name: string, look: (name: string) => string | undefined): string | undefined {
  return PLAIN.test(name) ? look(name) : undefined;
}

/** How many # stand right before the one at `begin`: each pair is one #, an odd one makes the token a literal. */
function hashesBefore(text: string, begin: number, copied: number): number {
  let at = begin;
  while (at > copied && text[at - 1] === '#') at--;
  return begin - at;
}

/** Where to go on behind a token that is left whole: a closed block, or one with filter or index around another token. */
function leap(rich: RichTokens, text: string, begin: number, inner: number | undefined): number | undefined {
  const block = rich.blockEnd(begin);
  if (block !== undefined || inner === undefined) return block;
  return /[|[]/.test(text.slice(begin + OPEN.length, inner)) ? rich.tokenEnd(begin) : undefined;
}
