/** One `##octopus[name attribute='base64']` (calamari.md 2.1). Attribute names are lower-case. */
export interface ServiceMessage {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

const NAME = /^\s*([A-Za-z][\w.-]*)/;
const ATTRIBUTE = /\s+([A-Za-z_][\w.-]*)\s*=\s*(?:'([^']*)'|"([^"]*)")/y;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Parse what stands between `##octopus[` and `]`, line breaks already dropped. Undefined where it is no message. */
export function parseServiceMessage(inside: string): ServiceMessage | undefined {
  const name = NAME.exec(inside)?.[1];
  if (name === undefined) return undefined;
  const attributes = new Map<string, string>();
  ATTRIBUTE.lastIndex = inside.indexOf(name) + name.length;
  let end = ATTRIBUTE.lastIndex;
  for (let found = ATTRIBUTE.exec(inside); found; found = ATTRIBUTE.exec(inside)) {
    const value = decode(found[2] ?? found[3] ?? '');
    if (value === undefined) return undefined;
    attributes.set((found[1] ?? '').toLowerCase(), value);
    end = ATTRIBUTE.lastIndex;
  }
  return inside.slice(end).trim() === '' ? { name, attributes } : undefined;
}

function decode(base64: string): string | undefined {
  const text = base64.trim();
  if (!BASE64.test(text)) return undefined;
  return Buffer.from(text, 'base64').toString('utf8');
}
