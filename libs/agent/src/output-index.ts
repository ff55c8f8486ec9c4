import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';

/** Standard output, standard error. */
export type Source = 0 | 1;
type PerSource = readonly [number, number];

/** A run of lines of one source, and where things stand behind it. */
export interface Entry {
  readonly source: Source;
  /** Its only line is a piece of a longer one. */
  readonly isCut: boolean;
  /** First byte. Bytes are counted over the life of the script, also across an erasure. */
  readonly begin: number;
  /** End byte of each source, behind this entry. */
  readonly ends: PerSource;
  /** Where each source's file begins: bytes before it were erased by the script. */
  readonly bases: PerSource;
  /** Numbers of the line before its first, and of its last. */
  readonly before: number;
  readonly lastSeq: number;
  readonly atMs: number;
}

const ORIGIN: Entry = {
  source: 0,
  isCut: false,
  begin: 0,
  ends: [0, 0],
  bases: [0, 0],
  before: 0,
  lastSeq: 0,
  atMs: 0,
};
const FIELDS = 9;
const ENTRY_BYTES = FIELDS * 8;
/** Entries at the end that are proved when an index is opened: more than two writers can have left in disorder. */
const PROVED = 8;

/**
 * The append-only file that gives each line its number, its place between the two streams, and its time, for ever. Two
 * processes may append at once (a node that was thought dead): an entry counts only when it goes on exactly where the
 * one before it ended. What does not is made empty in place, and whoever wrote it starts anew from what is in the file.
 */
export class OutputIndex implements Disposable {
  readonly #file: string;
  readonly #fd: number;
  #count = 0;
  #last = ORIGIN;

  constructor(file: string) {
    this.#file = file;
    this.#fd = openSync(file, 'a+', 0o600);
    const { size } = fstatSync(this.#fd);
    if (size % ENTRY_BYTES !== 0) ftruncateSync(this.#fd, size - (size % ENTRY_BYTES)); // torn by a crash: written anew
    this.#count = Math.max(0, Math.floor(size / ENTRY_BYTES) - PROVED);
    if (this.#count > 0) this.#last = this.at(this.#count - 1);
    this.refresh();
  }

  get count(): number {
    return this.#count;
  }
  get last(): Entry {
    return this.#last;
  }

  /** Take in what has been appended since, by whomever. */
  refresh(): void {
    const count = Math.floor(fstatSync(this.#fd).size / ENTRY_BYTES);
    for (; this.#count < count; this.#count++) {
      const entry = this.at(this.#count);
      this.#last = follows(entry, this.#last) ? entry : this.#void(this.#count);
    }
  }

  append(entry: Entry): void {
    const written = writeSync(this.#fd, encode(entry));
    if (written < ENTRY_BYTES) {
      ftruncateSync(this.#fd, this.#count * ENTRY_BYTES);
      throw new Error(`no room for the index of a script's output: ${this.#file}`);
    }
    this.refresh();
  }

  at(position: number): Entry {
    const raw = new Float64Array(FIELDS);
    readSync(this.#fd, new Uint8Array(raw.buffer), 0, ENTRY_BYTES, position * ENTRY_BYTES);
    return decode(raw);
  }

  /** Position of the first entry that holds a line after number `after`; `count` when there is none. */
  find(after: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at(middle).lastSeq > after) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #void(position: number): Entry {
    const { source, ends, lastSeq } = this.#last;
    const empty: Entry = { ...this.#last, begin: ends[source], before: lastSeq, isCut: false };
    const fd = openSync(this.#file, 'r+'); // the other descriptor always appends
    writeSync(fd, encode(empty), 0, ENTRY_BYTES, position * ENTRY_BYTES);
    closeSync(fd);
    return empty;
  }
}

function follows(entry: Entry, last: Entry): boolean {
  const other = entry.source === 0 ? 1 : 0;
  return (
    entry.before === last.lastSeq &&
    entry.begin === last.ends[entry.source] &&
    entry.ends[other] === last.ends[other] &&
    entry.bases[other] === last.bases[other]
  );
}

function encode({ source, isCut, begin, ends, bases, before, lastSeq, atMs }: Entry): Uint8Array {
  const code = source + (isCut ? 2 : 0);
  return new Uint8Array(Float64Array.of(code, begin, ...ends, ...bases, before, lastSeq, atMs).buffer);
}
function decode(raw: Float64Array): Entry {
  const [code = 0, begin = 0, end0 = 0, end1 = 0, base0 = 0, base1 = 0, before = 0, lastSeq = 0, atMs = 0] = raw;
  return {
    source: code % 2 === 0 ? 0 : 1,
    isCut: code >= 2,
    begin,
    ends: [end0, end1],
    bases: [base0, base1],
    before,
    lastSeq,
    atMs,
  };
}
