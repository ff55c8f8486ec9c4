// The configuration file of a Tentacle (halibut.md 7.9): read and written so that the real program can take it over.
const HEAD = '<?xml version="1.0" encoding="utf-8"?>';
const OPEN =
  '<octopus-settings xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">';
const BOM = '\uFEFF';

export function writeConfig(settings: ReadonlyMap<string, string>): string {
  const keys = [...settings.keys()].sort((a, b) => (a < b ? -1 : 1));
  const lines = keys.map((key) => {
    const value = settings.get(key) ?? '';
    return value === '' ? `  <set key="${escape(key)}" />` : `  <set key="${escape(key)}">${escapeText(value)}</set>`;
  });
  return `${BOM}${[HEAD, OPEN, ...lines, '</octopus-settings>'].join('\n')}`;
}

/** Throws when it is no such file. Whatever else an element has is passed over. */
export function readConfig(text: string): Map<string, string> {
  if (!/<octopus-settings[\s/>]/.test(text)) throw new Error('it has no <octopus-settings>');
  const settings = new Map<string, string>();
  const plain = text.replaceAll(/<!--.*?-->/gs, '');
  for (const [, key = '', , value = ''] of plain.matchAll(/<set\s+key="([^"]*)"\s*(?:\/>|>((.*?))<\/set>)/gs))
    settings.set(unescape(key), unescape(value));
  return settings;
}

const CODES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const NAMES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (char) => CODES[char] ?? char);
}
function escapeText(text: string): string {
  return text.replaceAll(/[&<>]/g, (char) => CODES[char] ?? char);
}
function unescape(text: string): string {
  const cdata = /^\s*<!\[CDATA\[(.*?)\]\]>\s*$/s.exec(text);
  if (cdata) return cdata[1] ?? '';
  return text.replaceAll(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name: string) => {
    if (name.startsWith('#x') || name.startsWith('#X')) return String.fromCodePoint(parseInt(name.slice(2), 16));
    if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)));
    return NAMES[name] ?? whole;
  });
}
