/** What to ask `/api/events` for. Source: rest.md 2.12. */
export interface EventQuery {
  readonly regarding: readonly string[];
  readonly categories: readonly string[];
  readonly userId?: string | undefined;
  /** ISO 8601. */
  readonly from?: string | undefined;
  readonly spaceId?: string | undefined;
  readonly take?: number;
  /** Id of the last event that is known; only later ones. */
  readonly after?: string | undefined;
}

export function eventPath(query: EventQuery): string {
  const number = numberOf(query.after);
  const parts = {
    regarding: query.regarding.join(','),
    eventCategories: query.categories.join(','),
    users: query.userId ?? '',
    from: query.from ?? '',
    fromAutoId: number === undefined ? '' : String(number + 1),
    take: query.take === undefined ? '' : String(query.take),
  };
  const search = Object.entries(parts)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const at = query.spaceId === undefined ? '/api/events' : `/api/${encodeURIComponent(query.spaceId)}/events`;
  return search.length === 0 ? at : `${at}?${search.join('&')}`;
}

/** Of a page, newest first: what is later than `last`, oldest first. */
export function fresh<T extends { readonly Id: string }>(page: readonly T[], last: string | undefined): readonly T[] {
  const known = numberOf(last) ?? -1;
  return page.filter((it) => (numberOf(it.Id) ?? 0) > known).toReversed();
}
function numberOf(id: string | undefined): number | undefined {
  const digits = /-(\d+)$/.exec(id ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}
