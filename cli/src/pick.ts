import { InputError } from '@octo/kernel';
import { nearest } from './nearest.ts';

/** What a thing may be called by: `Id` and `Name` on the wire, perhaps a slug. */
export interface Named {
  readonly Id: string;
  readonly Name: string;
  readonly Slug?: string;
}

/** One of a list, by name, id or slug, without case. `what`: its kind in a sentence. */
export function pick<T extends Named>(all: readonly T[], wanted: string, what: string): T {
  const key = wanted.trim().toLowerCase();
  const by = (word: (it: T) => string | undefined) => all.find((it) => word(it)?.toLowerCase() === key);
  const found = by((it) => it.Id) ?? by((it) => it.Name) ?? by((it) => it.Slug);
  if (found) return found;
  throw unknown(
    what,
    wanted,
    all.map((it) => it.Name),
  );
}

/** Nearest names first; where none is near, what there is. */
export function unknown(what: string, wanted: string, names: readonly string[]): InputError {
  const near = nearest(wanted, names);
  const hint =
    near.length > 0
      ? `did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`
      : names.length > 0
        ? `there are: ${names.slice(0, 12).join(', ')}${names.length > 12 ? ' …' : ''}`
        : `there is no ${what} at all`;
  return new InputError('OCTO_CLI_UNKNOWN', `there is no ${what} "${wanted}"`, { hint });
}
