/** A part of a text: from `begin` up to, not including, `end`. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

/** Finds its patterns in a text. */
export interface Finder {
  /**
   * Where patterns are, in order, those that overlap as one. `open`: length of the end of the text in which a pattern
   * may have begun that goes on behind it.
   */
  find(text: string): { readonly spans: readonly Span[]; readonly open: number };
}

/** Add a span whose end is not before those of the spans there; it swallows what it overlaps. */
export function include(spans: Span[], begin: number, end: number): void {
  let from = begin;
  for (let last = spans.at(-1); last && last.end > from; last = spans.at(-1)) {
    from = Math.min(from, last.begin);
    spans.pop();
  }
  spans.push({ begin: from, end });
}

/** All of several lists, in order, those that overlap as one. */
export function union(lists: readonly (readonly Span[])[]): readonly Span[] {
  const filled = lists.filter((list) => list.length > 0);
  if (filled.length < 2) return filled[0] ?? [];
  const all: Span[] = [];
  for (const { begin, end } of filled.flat().sort((a, b) => a.end - b.end)) include(all, begin, end);
  return all;
}
