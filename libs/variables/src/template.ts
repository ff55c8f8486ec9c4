import { InputError } from '@octo/kernel';

/**
 * Plain references of the template language: `#{Name}`, nested values evaluated in turn, `##{x}` for a literal `#{x}`.
 * Anything richer (filters, `#{if …}`, `#{each …}`) and every unknown name stays as it stands ("do not halt" mode of
 * calamari.md 1.4); the full language comes with the template engine. One pass, linear in the text.
 */
export function evaluate(text: string, look: (name: string) => string | undefined): string {
  return expand(text, look, []);
}

function expand(text: string, look: (name: string) => string | undefined, chain: readonly string[]): string {
  let begin = text.indexOf('#{');
  if (begin < 0) return text;
  let result = '';
  let copied = 0;
  while (begin >= 0) {
    const end = text.indexOf('}', begin);
    if (end < 0) break;
    const name = text.slice(begin + 2, end).trim();
    if (text[begin - 1] === '#' && begin - 1 >= copied) {
      result += text.slice(copied, begin - 1) + text.slice(begin, end + 1);
      copied = end + 1;
    } else {
      const value = isPlain(name) ? look(name) : undefined;
      if (value !== undefined) {
        result += text.slice(copied, begin) + expand(value, look, extend(chain, name));
        copied = end + 1;
      }
    }
    begin = text.indexOf('#{', Math.max(end < 0 ? text.length : begin + 2, copied));
  }
  return result + text.slice(copied);
}

/** Names hold letters, digits and `._-:[]()` and blanks, but none of the signs that mean more than a name. */
function isPlain(name: string): boolean {
  return name !== '' && !/[|#{}]|^\/|^(?:if|unless|each|calc)\s/.test(name);
}

function extend(chain: readonly string[], name: string): readonly string[] {
  const key = name.toLowerCase();
  if (chain.includes(key))
    throw new InputError('OCTO_VARIABLE_CYCLE', `variables refer to each other: ${[...chain, key].join(' -> ')}`);
  return [...chain, key];
}
