import { InputError } from '@octo/kernel';

type Members = Readonly<Record<string, unknown>>;

/** `--set Path.To.Member=value`: the value is JSON where it can be read so, else a text. */
export function parseSet(text: string): { readonly path: readonly string[]; readonly value: unknown } {
  const at = text.indexOf('=');
  const path = text.slice(0, Math.max(at, 0)).split('.');
  if (at <= 0 || path.some((part) => part.trim() === ''))
    throw new InputError('OCTO_CLI_SET', `--set "${text}" names no member and value`, {
      hint: 'write it like --set MachineHealthCheckPolicy.HealthCheckInterval=02:00:00',
    });
  return { path: path.map((part) => part.trim()), value: valueOf(text.slice(at + 1)) };
}
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A copy with one member changed. Names that are there already are found in any case. */
export function withMember(members: Members, path: readonly string[], value: unknown): Members {
  const [head = '', ...rest] = path;
  const name = Object.keys(members).find((it) => it.toLowerCase() === head.toLowerCase()) ?? head;
  if (rest.length === 0) return { ...members, [name]: value };
  const inner = members[name];
  const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
  return { ...members, [name]: withMember(isObject ? (inner as Members) : {}, rest, value) }; // an object, by the line above
}
export function withSets(members: Members, sets: readonly string[]): Members {
  return sets.map(parseSet).reduce((so, { path, value }) => withMember(so, path, value), members);
}
