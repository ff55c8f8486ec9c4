/** ISO 8601 in UTC; what has not happened is null. */
export function iso(ms: number): string;
export function iso(ms: number | undefined): string | null;
export function iso(ms: number | undefined): string | null {
  if (ms === undefined) return null;
  if (ms !== last.ms) last = { ms, text: new Date(ms).toISOString() };
  return last.text;
}

/** Lines of a log come by the thousand from the same millisecond. */
let last = { ms: 0, text: new Date(0).toISOString() };
