/** Members whose keys are data, not names: they pass as they are. */
const FREE = new Set(['links', 'properties', 'arguments', 'totalcounts', 'totalcountsinotherspaces']);

/** camelCase inside becomes PascalCase on the wire, in depth; keys that are data stay. */
export function toWire(value: unknown): unknown {
  return renamed(value, (key) => key.charAt(0).toUpperCase() + key.slice(1));
}

/** PascalCase of the wire becomes camelCase inside, in depth; keys that are data stay. */
export function fromWire(value: unknown): unknown {
  return renamed(value, (key) => key.charAt(0).toLowerCase() + key.slice(1));
}

/** Bind what a client sent to the names that are known here, whatever their case (rest.md 1.5). Others stay and are ignored. */
export function bindNames(value: unknown, names: readonly string[]): unknown {
  const known = new Map(names.map((name) => [name.toLowerCase(), name]));
  return renamed(value, (key) => known.get(key.toLowerCase()) ?? key);
}

function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((it) => renamed(it, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, it]) => [rename(key), FREE.has(key.toLowerCase()) ? it : renamed(it, rename)]),
  );
}
