import { type OutputLine } from '@octo/kernel';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { type Entry, OutputIndex, type Source } from './output-index.ts';
import { type Workspace } from './workspace.ts';

const SOURCES = ['StdOut', 'StdErr'] as const;
const NEWLINE = 10;
/** What one entry of the index covers, at most (but for one long line). */
const BLOCK_BYTES = 256 * 1024;
/** How long one call may keep the event loop busy. */
const SLICE_MS = 2;
/** What a line costs a page beside its text. */
const LINE_COST = 40;

export interface LogSizes {
  /** A longer line is cut into pieces (`OutputLine.continues`). Default 1 MiB. */
  readonly maxLineBytes?: number;
  /** Text of one page, about; at least one line. Default 256 KiB. */
  readonly pageBytes?: number;
}
export interface LogPage {
  readonly lines: readonly OutputLine[];
  /** Number of the last line of this page. */
  readonly last: number;
}

/**
 * A script's output on disk: its own two files, and the index beside them (ADR 0003). The index grows while somebody
 * watches; a restart goes on behind its last entry. Nothing of the output is kept in memory.
 */
export class OutputLog implements Disposable {
  readonly #files: readonly [number, number];
  readonly #index: OutputIndex;
  readonly #maxLineBytes: number;
  readonly #pageBytes: number;
  /** Bytes up to here hold no line end behind the last entry: they are not searched again. */
  readonly #searched: [number, number] = [0, 0];

  constructor(workspace: Workspace, sizes: LogSizes = {}) {
    this.#files = [openSync(workspace.stdout, 'a+', 0o600), openSync(workspace.stderr, 'a+', 0o600)];
    this.#index = new OutputIndex(workspace.index);
    this.#maxLineBytes = sizes.maxLineBytes ?? 1024 * 1024;
    this.#pageBytes = sizes.pageBytes ?? 256 * 1024;
  }

  /** Number of the last line that has one. */
  get lastSeq(): number {
    return this.#index.last.lastSeq;
  }

  /**
   * Index what the script has written since; with `isOver` an unfinished last line counts, too. True when it stopped
   * before the end for the sake of the event loop: call again.
   */
  catchUp(atMs: number, isOver: boolean): boolean {
    this.#index.refresh();
    const untilMs = performance.now() + SLICE_MS;
    for (const source of [0, 1] as const)
      while (this.#indexBlock(source, atMs, isOver)) if (performance.now() >= untilMs) return true;
    return false;
  }

  /** What the machine side itself says in the log, before the script has begun. */
  announce(lines: readonly string[]): void {
    writeSync(this.#files[0], lines.map((line) => `${line}\n`).join(''));
  }

  /** Lines after number `after`: one page of bounded size, at least one line if there is one. */
  read(after: number): LogPage {
    const lines: OutputLine[] = [];
    let leftBytes = this.#pageBytes;
    for (let at = this.#index.find(after); at < this.#index.count && leftBytes > 0; at++) {
      const entry = this.#index.at(at);
      for (const text of this.#texts(entry, Math.max(0, after - entry.before))) {
        if (leftBytes <= 0) break;
        lines.push({
          source: SOURCES[entry.source],
          atMs: entry.atMs,
          text,
          ...(entry.isCut && { continues: true }),
        });
        leftBytes -= text.length + LINE_COST;
      }
    }
    return { lines, last: after + lines.length };
  }

  [Symbol.dispose](): void {
    for (const fd of this.#files) closeSync(fd);
    this.#index[Symbol.dispose]();
  }

  /** True when an entry was made. */
  #indexBlock(source: Source, atMs: number, isOver: boolean): boolean {
    const { ends, bases } = this.#index.last;
    const begin = ends[source];
    const size = fstatSync(this.#files[source]).size;
    const searched = Math.max(begin, this.#searched[source]);
    const isErased = bases[source] + size < searched; // the script has opened its own log anew, which empties it
    const base = isErased ? begin : bases[source];
    const from = isErased ? begin : searched;
    if (base + size <= from && !(isOver && from > begin)) return false;

    const block = this.#bytes(source, from - base, Math.min(BLOCK_BYTES, this.#maxLineBytes));
    const first = block.indexOf(NEWLINE);
    const close = (end: number, lines: number, isCut = false) => this.#close(source, base, { end, lines, isCut, atMs });
    const firstLineEnd = from + (first < 0 ? block.length : first);
    if (firstLineEnd - begin > this.#maxLineBytes) return close(begin + this.#cut(source, begin - base), 1, true);
    if (first >= 0) return close(from + block.lastIndexOf(NEWLINE) + 1, countLines(block));
    this.#searched[source] = from + block.length;
    if (base + size > this.#searched[source]) return this.#indexBlock(source, atMs, isOver);
    return isOver && close(firstLineEnd, 1);
  }

  #close(source: Source, base: number, to: { end: number; lines: number; isCut: boolean; atMs: number }): true {
    const { ends, bases, lastSeq } = this.#index.last;
    this.#index.append({
      source,
      isCut: to.isCut,
      begin: ends[source],
      ends: source === 0 ? [to.end, ends[1]] : [ends[0], to.end],
      bases: source === 0 ? [base, bases[1]] : [bases[0], base],
      before: lastSeq,
      lastSeq: lastSeq + to.lines,
      atMs: to.atMs,
    });
    return true;
  }

  /** Length of the first piece of a line that is too long: no letter and no line end is torn apart. */
  #cut(source: Source, at: number): number {
    return wholeLetters(this.#bytes(source, at, this.#maxLineBytes));
  }

  /** Texts of an entry's lines, but for the first `skip`. */
  *#texts(entry: Entry, skip: number): Generator<string> {
    const { source, begin, ends, bases, before, lastSeq } = entry;
    const at = begin - this.#index.last.bases[source];
    if (at < 0 || bases[source] !== this.#index.last.bases[source]) {
      for (let n = before + skip; n < lastSeq; n++) yield 'octo: the script has erased this line from its log';
      return;
    }
    const bytes = this.#bytes(source, at, ends[source] - begin);
    let from = 0;
    for (let n = before; n < lastSeq; n++) {
      const newline = bytes.indexOf(NEWLINE, from);
      const end = newline < 0 ? bytes.length : newline;
      if (n >= before + skip) yield lineText(bytes, from, end, newline >= 0);
      from = end + 1;
    }
  }

  #bytes(source: Source, at: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, readSync(this.#files[source], bytes, 0, length, at));
  }
}

/** The CR of a CRLF is part of the line's end. Invalid UTF-8 becomes replacement characters. */
function lineText(bytes: Buffer, begin: number, end: number, isEnded: boolean): string {
  const hasCr = isEnded && end > begin && bytes[end - 1] === 13;
  return bytes.toString('utf8', begin, hasCr ? end - 1 : end);
}

function countLines(block: Buffer): number {
  let lines = 0;
  for (let at = 0; at < block.length; at++) if (block[at] === NEWLINE) lines++; // faster than indexOf on short lines
  return lines;
}

/** Length without a CR at the end, or the bytes of a letter that is cut there (UTF-8). */
function wholeLetters(bytes: Buffer): number {
  let lead = bytes.length - 1;
  for (let back = 0; back < 3 && lead > 0 && ((bytes[lead] ?? 0) & 0xc0) === 0x80; back++) lead--;
  const first = bytes[lead] ?? 0;
  const needs = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  if ((lead + needs > bytes.length || first === 13) && lead > 0) return lead;
  return bytes.length;
}
