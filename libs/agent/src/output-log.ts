import { type OutputLine } from '@octo/kernel';
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { type Workspace } from './workspace.ts';

/** One entry: numbers of 8 bytes each: source, first byte, end byte, number of its last line, time in ms. */
const ENTRY_BYTES = 40;
const SOURCES = ['StdOut', 'StdErr'] as const;
/** Added to an entry's source when its only line is a piece of a longer one. */
const CUT = 2;
/** One entry covers about this much; it is also what one page holds. */
const BLOCK_BYTES = 256 * 1024;

interface Entry {
  readonly source: 0 | 1;
  readonly isCut: boolean;
  readonly begin: number;
  readonly end: number;
  readonly lastSeq: number;
  readonly atMs: number;
}
/** A stretch of one stream that is about to get its numbers. */
interface Piece {
  readonly source: 0 | 1;
  readonly begin: number;
  readonly length: number;
  readonly lines: number;
  readonly atMs: number;
  readonly isCut?: boolean;
}
export interface LogPage {
  readonly lines: readonly OutputLine[];
  /** Number of the last line of this page. */
  readonly last: number;
}

/**
 * A script's output on disk: its own two files, and the index that gives each line its number, its place between the
 * two streams, and its time, for ever (ADR 0003). The index is appended to while somebody watches; a restart goes on
 * behind the last entry. Nothing of the output is kept in memory.
 */
export class OutputLog implements Disposable {
  readonly #files: readonly [number, number];
  readonly #index: number;
  readonly #maxLineBytes: number;
  #entries = 0;
  #lastSeq = 0;
  readonly #ends: [number, number] = [0, 0];

  /** `maxLineBytes`: a longer line is cut into pieces. Default 1 MiB. */
  constructor(workspace: Workspace, maxLineBytes = 1024 * 1024) {
    this.#files = [openSync(workspace.stdout, 'a+', 0o600), openSync(workspace.stderr, 'a+', 0o600)];
    this.#index = openSync(workspace.index, 'a+', 0o600);
    this.#maxLineBytes = maxLineBytes;
    this.#load();
  }

  /** Number of the last line that has one. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Index what the script has written since. With `isOver` an unfinished last line counts, too. True when there is news. */
  catchUp(atMs: number, isOver: boolean): boolean {
    if (fstatSync(this.#index).size !== this.#entries * ENTRY_BYTES) this.#load(); // somebody else has been at it
    const before = this.#lastSeq;
    for (const source of [0, 1] as const) while (this.#indexBlock(source, atMs, isOver));
    return this.#lastSeq > before;
  }

  /** What the machine side itself says in the log, before the script has begun. */
  announce(lines: readonly string[]): void {
    writeSync(this.#files[0], lines.map((line) => `${line}\n`).join(''));
  }

  /** Lines after number `after`: one page of bounded size, at least one line if there is one. */
  read(after: number): LogPage {
    const lines: OutputLine[] = [];
    let last = after;
    let size = 0;
    let at = this.#find(after);
    let firstSeq = at === 0 ? 0 : this.#entry(at - 1).lastSeq;
    while (at < this.#entries && size < BLOCK_BYTES) {
      const entry = this.#entry(at);
      const all = this.#linesOf(entry);
      for (const text of all.slice(Math.max(0, last - firstSeq))) {
        if (size >= BLOCK_BYTES) break;
        lines.push({ source: SOURCES[entry.source], atMs: entry.atMs, text, ...(entry.isCut && { continues: true }) });
        last++;
        size += text.length + 40;
      }
      firstSeq = entry.lastSeq;
      at++;
    }
    return { lines, last };
  }

  [Symbol.dispose](): void {
    for (const fd of [...this.#files, this.#index]) closeSync(fd);
  }

  /** A torn last entry (a crash in the middle of its write) is cut off; its lines are indexed anew. */
  #load(): void {
    const { size } = fstatSync(this.#index);
    if (size % ENTRY_BYTES !== 0) ftruncateSync(this.#index, size - (size % ENTRY_BYTES));
    this.#entries = Math.floor(size / ENTRY_BYTES);
    this.#lastSeq = this.#entries === 0 ? 0 : this.#entry(this.#entries - 1).lastSeq;
    this.#ends.fill(0);
    const isSeen = [false, false];
    for (let at = this.#entries - 1; at >= 0 && !(isSeen[0] && isSeen[1]); at--) {
      const { source, end } = this.#entry(at);
      if (!isSeen[source]) this.#ends[source] = end;
      isSeen[source] = true;
    }
  }

  #indexBlock(source: 0 | 1, atMs: number, isOver: boolean): boolean {
    const begin = this.#ends[source];
    const block = this.#bytes(source, begin, BLOCK_BYTES);
    if (block.length === 0) return false;
    const newline = block.lastIndexOf(10);
    if (newline >= 0)
      return this.#append({ source, begin, length: newline + 1, lines: countLines(block, newline), atMs });
    const line = this.#bytes(source, begin, this.#maxLineBytes);
    const end = line.indexOf(10);
    if (end >= 0) return this.#append({ source, begin, length: end + 1, lines: 1, atMs });
    if (line.length >= this.#maxLineBytes)
      return this.#append({ source, begin, length: wholeLetters(line), lines: 1, atMs, isCut: true });
    return isOver && this.#append({ source, begin, length: line.length, lines: 1, atMs });
  }

  #append({ source, begin, length, lines, atMs, isCut = false }: Piece): true {
    const end = begin + length;
    const entry = Float64Array.of(source + (isCut ? CUT : 0), begin, end, this.#lastSeq + lines, atMs);
    writeSync(this.#index, new Uint8Array(entry.buffer));
    this.#entries++;
    this.#lastSeq += lines;
    this.#ends[source] = end;
    return true;
  }

  #entry(at: number): Entry {
    const raw = new Float64Array(5);
    readSync(this.#index, new Uint8Array(raw.buffer), 0, ENTRY_BYTES, at * ENTRY_BYTES);
    const [code = 0, begin = 0, end = 0, lastSeq = 0, atMs = 0] = raw;
    return { source: code % CUT === 1 ? 1 : 0, isCut: code >= CUT, begin, end, lastSeq, atMs };
  }

  /** First entry that holds a line after number `after`. */
  #find(after: number): number {
    let low = 0;
    let high = this.#entries;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entry(middle).lastSeq > after) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #linesOf({ source, begin, end, isCut }: Entry): string[] {
    const text = this.#bytes(source, begin, end - begin).toString('utf8');
    if (isCut) return [text];
    const lines = text.split('\n');
    if (text.endsWith('\n')) lines.pop();
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  #bytes(source: 0 | 1, begin: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, readSync(this.#files[source], bytes, 0, length, begin));
  }
}

function countLines(block: Buffer, last: number): number {
  let lines = 0;
  for (let at = block.indexOf(10); at >= 0 && at <= last; at = block.indexOf(10, at + 1)) lines++;
  return lines;
}

/** Length without the bytes of a letter that is cut at the end (UTF-8). */
function wholeLetters(bytes: Buffer): number {
  let at = bytes.length;
  for (let back = 0; back < 3 && at > 0 && ((bytes[at - 1] ?? 0) & 0xc0) === 0x80; back++) at--;
  const lead = bytes[at - 1] ?? 0;
  const needs = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return at - 1 + needs > bytes.length ? at - 1 : bytes.length;
}
