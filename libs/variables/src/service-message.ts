/** One `##octopus[name attribute='base64']` (calamari.md 2.1). Attribute names are lower-case. */
export interface ServiceMessage {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

const NAME = /\s*([A-Za-z][\w.-]*)/y;
const ATTRIBUTE = /\s+([A-Za-z_][\w.-]*)\s*=\s*(['"])/y;

/** Parse what stands between `##octopus[` and `]`, line breaks already dropped. Undefined where it is no message. */
export function parseServiceMessage(inside: string): ServiceMessage | undefined {
  const name = at(NAME, inside, 0);
  if (!name) return undefined;
  const attributes = new Map<string, string>();
  let end = name.end;
  for (let found = at(ATTRIBUTE, inside, end); found; found = at(ATTRIBUTE, inside, end)) {
    const [, key = '', quote = ''] = found.match;
    const close = inside.indexOf(quote, found.end); // a value may be megabytes: no work for a regular expression
    const value = close < 0 ? undefined : decode(inside.slice(found.end, close));
    if (value === undefined) return undefined;
    attributes.set(key.toLowerCase(), value);
    end = close + 1;
  }
  return inside.slice(end).trim() === '' ? { name: name.match[1] ?? '', attributes } : undefined;
}

function at(pattern: RegExp, text: string, from: number) {
  pattern.lastIndex = from;
  const match = pattern.exec(text);
  return match && { match, end: pattern.lastIndex };
}

/** Undefined for what is no base64: the decoder passes over foreign signs, which shows in the length. */
function decode(base64: string): string | undefined {
  const text = base64.trim().replace(/={1,2}$/, '');
  const bytes = Buffer.from(text, 'base64');
  const isWhole = text.length % 4 !== 1 && bytes.length === Math.floor((text.length * 3) / 4);
  return isWhole ? bytes.toString('utf8') : undefined;
}
