import { type OutputLine } from '@octo/kernel';
import { parseServiceMessage, type ServiceMessage } from './service-message.ts';

/** Categories that script output can get (calamari.md 2.3), in their wire spelling. */
export type OutputCategory = 'Verbose' | 'Info' | 'Highlight' | 'Wait' | 'Warning' | 'Error';

export type OutputResult =
  | {
      readonly kind: 'line';
      readonly category: OutputCategory;
      readonly atMs: number;
      readonly text: string;
      readonly continues: boolean;
    }
  | { readonly kind: 'setVariable'; readonly name: string; readonly value: string; readonly sensitive: boolean }
  | { readonly kind: 'createArtifact'; readonly path: string; readonly name: string }
  | { readonly kind: 'progress'; readonly percentage: number; readonly message: string }
  | { readonly kind: 'resultMessage'; readonly message: string }
  | { readonly kind: 'mask'; readonly value: string };

type Source = 'StdOut' | 'StdErr';
type Mode = OutputCategory | 'ignore';
/** Plain JSON, so that a restart goes on in the middle of a message. */
export interface OutputParserState {
  readonly modes: Readonly<Record<Source, Mode>>;
  /** Stream that wrote last, and what it has of an unfinished message, from `##octopus[` on. */
  readonly last: Source;
  readonly partial: string;
  readonly hasErrors: boolean;
}

const MARK = '##octopus[';
/** An unfinished message longer than this is given up and shown as text. */
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
  modes: { StdOut: 'Info', StdErr: 'Error' },
  last: 'StdOut',
  partial: '',
  hasErrors: false,
};

/**
 * Tells what people read from what is said to the server, in lines of a script's output (R203, calamari.md 2).
 * Messages may stand anywhere in a line and be broken over lines; text around them goes on at once. A line that ends
 * inside of a message shows what stood before it. Linear in the input; an unfinished message is bounded.
 */
export class OutputParser {
  #modes: Record<Source, Mode>;
  #last: Source;
  #partial: string[];
  #partialLength: number;
  #hasErrors: boolean;

  constructor(state: OutputParserState = START) {
    this.#modes = { ...state.modes };
    this.#last = state.last;
    this.#partial = state.partial === '' ? [] : [state.partial];
    this.#partialLength = state.partial.length;
    this.#hasErrors = state.hasErrors;
  }

  state(): OutputParserState {
    return { modes: { ...this.#modes }, last: this.#last, partial: this.#partial.join(''), hasErrors: this.#hasErrors };
  }
  /** A plain line on stderr, or one that was logged as an error (calamari.md 2.3). */
  get hasErrors(): boolean {
    return this.#hasErrors;
  }

  read(lines: readonly OutputLine[]): OutputResult[] {
    const results: OutputResult[] = [];
    for (const line of lines) this.#line(line, results);
    return results;
  }

  /** What is left of an unfinished message when the script has ended: it was text after all. */
  end(atMs: number): OutputResult[] {
    const results: OutputResult[] = [];
    if (this.#partialLength > 0) this.#giveUp(atMs, results);
    return results;
  }

  #line(line: OutputLine, results: OutputResult[]): void {
    const { atMs, continues = false } = line;
    if (line.source === 'Debug') {
      results.push({ kind: 'line', category: 'Verbose', atMs, text: line.text, continues });
      return;
    }
    if (line.source !== this.#last && this.#partialLength > 0) this.#giveUp(atMs, results);
    this.#last = line.source;
    let rest = line.text;
    let shown = '';
    let hadMessage = this.#partialLength > 0;
    for (;;) {
      if (this.#partialLength === 0) {
        const begin = rest.indexOf(MARK);
        if (begin < 0) break;
        shown += rest.slice(0, begin);
        rest = rest.slice(begin);
      }
      hadMessage = true;
      const end = rest.indexOf(']');
      this.#hold(end < 0 ? rest : rest.slice(0, end));
      if (end < 0) {
        if (this.#partialLength > LONGEST_MESSAGE) this.#giveUp(atMs, results);
        rest = '';
        break;
      }
      rest = rest.slice(end + 1);
      if (shown !== '') this.#text(line.source, atMs, shown, false, results); // text before a message keeps its mode
      shown = '';
      this.#message(atMs, results);
    }
    shown += rest;
    if (shown !== '' || !hadMessage) this.#text(line.source, atMs, shown, continues, results);
  }

  #hold(text: string): void {
    this.#partial.push(text);
    this.#partialLength += text.length;
  }

  #giveUp(atMs: number, results: OutputResult[]): void {
    this.#text(this.#last, atMs, this.#take(), false, results);
  }
  #take(): string {
    const text = this.#partial.join('');
    this.#partial = [];
    this.#partialLength = 0;
    return text;
  }

  #text(source: Source, atMs: number, text: string, continues: boolean, results: OutputResult[]): void {
    const mode = this.#modes[source];
    if (mode === 'ignore') return;
    if (mode === 'Error' || source === 'StdErr') this.#hasErrors ||= mode !== 'Verbose';
    results.push({ kind: 'line', category: mode, atMs, text, continues });
  }

  #message(atMs: number, results: OutputResult[]): void {
    const held = this.#take();
    const message = parseServiceMessage(held.slice(MARK.length).replaceAll(/[\r\n]/g, ''));
    if (!message) {
      const shown = `${held}]`;
      results.push({
        kind: 'line',
        category: 'Warning',
        atMs,
        text: `Could not parse '${clip(shown)}'`,
        continues: false,
      });
      this.#text(this.#last, atMs, shown, false, results);
      return;
    }
    const mode = MODES[message.name];
    if (mode) this.#modes[mode[0]] = mode[1];
    else results.push(...understand(message, atMs));
  }
}

function understand({ name, attributes }: ServiceMessage, atMs: number): OutputResult[] {
  const get = (key: string) => attributes.get(key.toLowerCase());
  switch (name) {
    case 'setVariable': {
      const [variable, value] = [get('name'), get('value')];
      if (variable === undefined || value === undefined || variable === '') return [];
      return [{ kind: 'setVariable', name: variable, value, sensitive: get('sensitive')?.toLowerCase() === 'true' }];
    }
    case 'createArtifact': {
      const path = get('path');
      if (path === undefined || path === '') return [];
      return [{ kind: 'createArtifact', path, name: get('name') || (path.split(/[\\/]/).pop() ?? path) }];
    }
    case 'progress': {
      const percentage = Number(get('percentage'));
      if (!Number.isFinite(percentage)) return [];
      return [{ kind: 'progress', percentage: Math.min(100, Math.max(0, percentage)), message: get('message') ?? '' }];
    }
    case 'resultMessage':
      return [{ kind: 'resultMessage', message: get('message') ?? '' }];
    case 'mask': {
      const value = get('value');
      return value ? [{ kind: 'mask', value }] : [];
    }
    default: {
      const text = `The service message ${name} is not understood and has no effect`;
      return [{ kind: 'line', category: 'Verbose', atMs, text, continues: false }];
    }
  }
}

function clip(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}
