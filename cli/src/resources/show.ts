/** Members of a resource as lines `Path  value`; links and empty ones are left out. */
export function paths(members: Readonly<Record<string, unknown>>, before = ''): readonly (readonly [string, string])[] {
  return Object.entries(members).flatMap(([name, value]): readonly (readonly [string, string])[] => {
    const path = `${before}${name}`;
    if (path === 'Links' || value === null || value === undefined || value === '') return [];
    if (Array.isArray(value)) return value.length === 0 ? [] : [[path, value.map((it) => textOf(it)).join(', ')]];
    if (typeof value !== 'object') return [[path, textOf(value)]];
    if ('HasValue' in value) return [[path, value.HasValue === true ? '*** (kept)' : '(none)']];
    return paths(value as Readonly<Record<string, unknown>>, `${path}.`); // an object, by the lines above
  });
}
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
