/** Members whose keys are data: of a transport, of a plugin's schema, of permissions. They stay, and all inside them. */
const DATA: ReadonlySet<string> = new Set([
  'after',
  'arguments',
  'before',
  'endpoint',
  'links',
  'properties',
  'spacePermissions',
  'systemPermissions',
  'values',
]);

/** What `--json` prints: names are camelCase, whether a command had them from the wire or not (CONVENTIONS: CLI). */
export function camelNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelNames);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, it]) => {
      const name = camel(key);
      if (name === 'endpoint') return [name, withStyle(it)];
      return [name, DATA.has(name) ? it : camelNames(it)];
    }),
  );
}

/** The style is ours; the other members belong to the transport and keep their names (`Uri`), as our client reads them. */
function withStyle(endpoint: unknown): unknown {
  if (typeof endpoint !== 'object' || endpoint === null || !('CommunicationStyle' in endpoint)) return endpoint;
  const { CommunicationStyle: communicationStyle, ...others } = endpoint;
  return { communicationStyle, ...others };
}

/** Only of a plain word: `Octopus.Action.Name` is the name of a property. */
function camel(name: string): string {
  return /^[A-Z]\w*$/.test(name) ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}
