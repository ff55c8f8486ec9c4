import { list, text, type Query } from './collections.ts';

export function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The filters that every collection of named things has: `ids`, `name` (whole), `partialName` (rest.md 1.7). */
export function named(query: Query): (it: { readonly id: string; readonly name: string }) => boolean {
  const ids = list(query, 'ids');
  const name = text(query, 'name');
  const partial = text(query, 'partialName')?.toLowerCase();
  return (it) =>
    (!ids || ids.some((id) => isSame(id, it.id))) &&
    (name === undefined || isSame(name, it.name)) &&
    (partial === undefined || it.name.toLowerCase().includes(partial));
}

/** A filter by a list of words, of which one must be among the item's. Without the parameter everything passes. */
export function among<T>(query: Query, parameter: string, words: (it: T) => readonly string[]): (it: T) => boolean {
  const wanted = list(query, parameter);
  return (it) => !wanted || words(it).some((word) => wanted.some((w) => isSame(w, word)));
}
