import { type OutputLine } from '@octo/kernel';
import { noteOn } from './other-messages.ts';
import { type OutputCategory, type OutputResult, understand } from './output-result.ts';
import { MARK, type Mode, OutputStream, possibleMark, type StreamState } from './output-stream.ts';
import { parseServiceMessage } from './service-message.ts';

type Source = 'StdOut' | 'StdErr';
/** Plain JSON, so that a restart goes on in the middle of a message. */
export interface OutputParserState {
  readonly streams: Readonly<Record<Source, StreamState>>;
  /** The stream that wrote last. */
  readonly last: Source;
  readonly hasErrors: boolean;
}

/** An unfinished message of more characters is given up and shown as text. */
const LONGEST_MESSAGE = 16 * 1024 * 1024;
const MODES: Readonly<Record<string, readonly [Source, Mode]>> = {
  'stdout-default': ['StdOut', 'Info'],
  'stdout-verbose': ['StdOut', 'Verbose'],
  'stdout-highlight': ['StdOut', 'Highlight'],
  'stdout-wait': ['StdOut', 'Wait'],
  'stdout-warning': ['StdOut', 'Warning'],
  'stdout-error': ['StdOut', 'Error'],
  'stdout-ignore': ['StdOut', 'ignore'],
  'stderr-default': ['StdErr', 'Error'],
  'stderr-error': ['StdErr', 'Error'],
  'stderr-progress': ['StdErr', 'Verbose'],
  'stderr-ignore': ['StdErr', 'ignore'],
};
const START: OutputParserState = {
  streams: { StdOut: { mode: 'Info', held: [] }, StdErr: { mode: 'Error', held: [] } },
  last: 'StdOut',
  hasErrors: false,
};

/**
 * Tells what people read from what is said to the server, in lines of a script's output (R203, calamari.md 2).
 *
 * A message may stand anywhere in a line, be broken over lines, and be cut anywhere by the machine side (`continues`),
 * in its `##octopus[` too. Text around it goes on at once. Each stream has its own state; a message that the other
 * stream interrupts between two lines was text. Linear in the input; what is held back is bounded.
 */
export class OutputParser {
  readonly #streams: Readonly<Record<Source, OutputStream>>;
  #last: Source;
  #hasErrors: boolean;

  constructor({ streams, last, hasErrors }: OutputParserState = START) {
    this.#streams = { StdOut: new OutputStream(streams.StdOut), StdErr: new OutputStream(streams.StdErr) };
    this.#last = last;
    this.#hasErrors = hasErrors;
  }

  state(): OutputParserState {
    const { StdOut, StdErr } = this.#streams;
    return {
      streams: { StdOut: StdOut.state(), StdErr: StdErr.state() },
      last: this.#last,
      hasErrors: this.#hasErrors,
    };
  }
  /**
   * A line came on stderr that the script had not declared to be progress or to be ignored. What is logged as an error
   * on stdout does not count: it fails nothing (calamari.md 1.4, 2.3).
   */
  get hasErrors(): boolean {
    return this.#hasErrors;
  }

  read(lines: readonly OutputLine[]): OutputResult[] {
    const results: OutputResult[] = [];
    for (const line of lines)
      if (line.source === 'Debug') results.push(debug(line));
      else this.#line(line.source, line, results);
    return results;
  }

  /** What is left of unfinished messages and cut lines when the script has ended: it was text after all. */
  end(atMs: number): OutputResult[] {
    const results: OutputResult[] = [];
    for (const source of ['StdOut', 'StdErr'] as const) {
      this.#giveUp(source, atMs, results);
      this.#close(source, atMs, results);
    }
    return results;
  }

  #line(source: Source, { atMs, text: came, continues = false }: OutputLine, results: OutputResult[]): void {
    const stream = this.#streams[source];
    this.#switchTo(source, atMs, results);
    if (came === '' && continues) return;
    const text = stream.heldLength > 0 && !stream.isInMessage ? stream.take().join('') + came : came;
    let hasSpoken = stream.isInMessage || stream.hasSpoken;
    let at = 0;
    for (;;) {
      if (!stream.isInMessage) {
        const begin = text.indexOf(MARK, at);
        if (begin < 0) break;
        if (begin > at) this.#show(source, atMs, text.slice(at, begin), false, results);
        else this.#close(source, atMs, results);
        at = begin;
      }
      hasSpoken = true;
      const end = text.indexOf(']', at);
      if (end < 0) return this.#hold(source, atMs, text.slice(at), continues, results);
      stream.hold(text.slice(at, end + 1));
      at = end + 1;
      this.#message(source, atMs, results);
    }
    const kept = continues ? possibleMark(text.slice(Math.max(at, text.length - MARK.length))) : 0;
    const shown = text.slice(at, text.length - kept);
    if (kept > 0) stream.hold(text.slice(text.length - kept));
    const isNothing = shown === '' && (hasSpoken || kept > 0) && !stream.open;
    stream.hasSpoken = hasSpoken && continues;
    if (!isNothing) this.#show(source, atMs, shown, continues, results);
  }

  #hold(source: Source, atMs: number, piece: string, continues: boolean, results: OutputResult[]): void {
    const stream = this.#streams[source];
    stream.hold(continues ? piece : `${piece}\n`);
    if (stream.heldLength > LONGEST_MESSAGE) this.#giveUp(source, atMs, results);
  }

  /** A line that was only cut by the machine side has not been interrupted by its writer. */
  #switchTo(source: Source, atMs: number, results: OutputResult[]): void {
    if (source !== this.#last && !this.#streams[this.#last].isCut) this.#giveUp(this.#last, atMs, results);
    this.#last = source;
  }

  #giveUp(source: Source, atMs: number, results: OutputResult[]): void {
    const pieces = this.#streams[source].take();
    for (const [n, piece] of pieces.entries()) {
      const isWhole = piece.endsWith('\n');
      this.#show(source, atMs, isWhole ? piece.slice(0, -1) : piece, !isWhole && n < pieces.length - 1, results);
    }
  }

  #show(source: Source, atMs: number, text: string, continues: boolean, results: OutputResult[]): void {
    const stream = this.#streams[source];
    const category = stream.open ?? stream.mode;
    stream.open = undefined;
    if (category === 'ignore') return;
    if (continues) stream.open = category;
    this.#hasErrors ||= source === 'StdErr' && category === 'Error';
    results.push({ kind: 'line', source, category, atMs, text, continues });
  }
  /** The rest of a cut line turned out to be nothing. */
  #close(source: Source, atMs: number, results: OutputResult[]): void {
    if (this.#streams[source].open) this.#show(source, atMs, '', false, results);
  }

  #message(source: Source, atMs: number, results: OutputResult[]): void {
    const stream = this.#streams[source];
    const held = stream
      .take()
      .join('')
      .replaceAll(/[\r\n]/g, '');
    const note = (category: OutputCategory, text: string) =>
      results.push({ kind: 'line', source, category, atMs, text, continues: false });
    const message = parseServiceMessage(held.slice(MARK.length, -1));
    if (!message) {
      note('Warning', `Could not parse '${clip(held)}'`);
      return this.#show(source, atMs, held, false, results);
    }
    const mode = MODES[message.name];
    if (mode) this.#streams[mode[0]].mode = mode[1];
    else {
      const said = understand(message);
      const told = said === 'unknown' ? noteOn(message.name) : undefined;
      if (told) note(told.category, told.text);
      else if (said && said !== 'unknown') results.push(said);
    }
  }
}

function debug({ source, atMs, text, continues = false }: OutputLine): OutputResult {
  return { kind: 'line', source, category: 'Verbose', atMs, text, continues };
}

function clip(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
