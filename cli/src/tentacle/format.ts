import { KnownFailure } from './errors.ts';
import { isSame, type Values } from './parse.ts';

/** Anything but text and json is a failure (halibut.md 9.1). */
export function format(values: Values): 'text' | 'json' {
  const given = values.get('format') ?? 'text';
  if (isSame(given, 'text')) return 'text';
  if (isSame(given, 'json')) return 'json';
  throw new KnownFailure(`The format '${given}' is not supported. Try text or json.`);
}
