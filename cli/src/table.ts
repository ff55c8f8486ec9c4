import { stripVTControlCharacters } from 'node:util';
import { screenWidth, wrap } from './wrap.ts';

/** Columns as wide as their cells, two blanks between them; the last one goes on below itself where it is too long for the screen. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number = screenWidth(),
): string {
  if (rows.length === 0) return '';
  const all = [head.map((h) => h.toUpperCase()), ...rows.map((row) => row.map((cell) => cell || '-'))];
  const widths = head.map((_, n) => Math.max(...all.map((row) => width(row[n] ?? ''))));
  const before = widths.slice(0, -1).reduce((sum, it) => sum + it + 2, 0);
  const last = (cell: string) => wrap(cell, columns, before);
  return all
    .map((row) =>
      row
        .map((cell, n) => (n === row.length - 1 ? last(cell) : pad(cell, widths[n] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names with their values under each other; absent ones are left out, lines of one value stand in its column. */
export function facts(
  rows: readonly (readonly [string, string | number | null | undefined])[],
  columns: number = screenWidth(),
): string {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const widest = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(widest)}  ${wrap(String(value), columns, widest + 2)}`).join('\n');
}

/** Short and local, for tables: `14:03:22`, with the day where it is not today. */
export function when(iso: string | null, now: Date = new Date()): string {
  if (iso === null) return '';
  const at = new Date(iso);
  const time = at.toTimeString().slice(0, 8);
  return at.toDateString() === now.toDateString() ? time : `${at.toLocaleDateString('en-CA')} ${time}`;
}

function width(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}
function pad(text: string, to: number): string {
  return text + ' '.repeat(Math.max(0, to - width(text)));
}
