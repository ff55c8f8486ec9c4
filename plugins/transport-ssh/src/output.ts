import { type Cursor, type OutputLine } from '@octo/kernel';

const NEWLINE = 10;
const CR = 13;
/** A longer line is cut into pieces of this size (`OutputLine.continues`). */
const LINE_BYTES = 1024 * 1024;

/**
 * A place in a script's output: how many entries of the index are behind it, where these end in the two files, and where
 * in each the line begins that has no end yet. Opaque to whoever holds it: `3.120.0.96.0`.
 */
export interface Place {
  readonly entries: number;
  readonly out: number;
  readonly err: number;
  readonly outLine: number;
  readonly errLine: number;
}
export const BEGINNING: Place = { entries: 0, out: 0, err: 0, outLine: 0, errLine: 0 };

export function parseCursor(cursor: Cursor): Place {
  const [entries = 0, out = 0, err = 0, outLine = 0, errLine = 0] = cursor.split('.').map(Number);
  const place = { entries, out, err, outLine, errLine };
  return Object.values(place).every((n) => Number.isSafeInteger(n) && n >= 0) ? place : BEGINNING;
}
export function toCursor({ entries, out, err, outLine, errLine }: Place): Cursor {
  return [entries, out, err, outLine, errLine].join('.');
}

/** One entry of the index with the bytes that it covers, from the beginning of the lines that were open before it. */
export interface Part {
  readonly entries: number;
  readonly out: number;
  readonly err: number;
  readonly atMs: number;
  /** 1: the script has erased its standard output; 2: its standard error; 3: both. */
  readonly erased: number;
  readonly outBytes: Buffer;
  readonly errBytes: Buffer;
  /** Nothing comes after it: an unfinished line is a line. */
  readonly isLast: boolean;
}

export interface Taken {
  readonly lines: readonly OutputLine[];
  readonly next: Place;
}

/** Lines of a part: those of standard output first. The same part always gives the same lines. */
export function takeLines(part: Part): Taken {
  const { entries, out, err, atMs, erased, isLast } = part;
  const lines: OutputLine[] = [];
  const take = (source: 'StdOut' | 'StdErr', bytes: Buffer, isErased: boolean): number => {
    const { texts, left } = cut(bytes, isLast);
    if (isErased) lines.push({ source, atMs, text: 'octo: the script has erased what its log held so far' });
    for (const { text, continues } of texts) lines.push({ source, atMs, text, ...(continues && { continues: true }) });
    return left;
  };
  const outLeft = take('StdOut', part.outBytes, erased % 2 === 1);
  const errLeft = take('StdErr', part.errBytes, erased >= 2);
  return { lines, next: { entries, out, err, outLine: out - outLeft, errLine: err - errLeft } };
}

interface Text {
  readonly text: string;
  readonly continues: boolean;
}

/** Whole lines, and how many bytes at the end are none yet. */
function cut(bytes: Buffer, isLast: boolean): { readonly texts: readonly Text[]; readonly left: number } {
  const texts: Text[] = [];
  let from = 0;
  while (from < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, from);
    const end = newline < 0 ? bytes.length : newline;
    if (end - from > LINE_BYTES) {
      const length = wholeLetters(bytes.subarray(from, from + LINE_BYTES));
      texts.push({ text: bytes.toString('utf8', from, from + length), continues: true });
      from += length;
    } else if (newline >= 0 || isLast) {
      const hasCr = newline >= 0 && end > from && bytes[end - 1] === CR;
      texts.push({ text: bytes.toString('utf8', from, hasCr ? end - 1 : end), continues: false });
      from = end + 1;
    } else break;
  }
  return { texts, left: Math.max(0, bytes.length - from) };
}

/** Length without a CR at the end, or the bytes of a letter that is cut there (UTF-8). */
function wholeLetters(bytes: Buffer): number {
  let lead = bytes.length - 1;
  for (let back = 0; back < 3 && lead > 0 && ((bytes[lead] ?? 0) & 0xc0) === 0x80; back++) lead--;
  const first = bytes[lead] ?? 0;
  const needs = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return (lead + needs > bytes.length || first === CR) && lead > 0 ? lead : bytes.length;
}
