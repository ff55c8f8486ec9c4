import { type OutputCategory } from './output-result.ts';

export const MARK = '##octopus[';
export type Mode = OutputCategory | 'ignore';

/** Plain JSON: what a parser knows of one stream. */
export interface StreamState {
  readonly mode: Mode;
  /** An unfinished message, from `##octopus[` on, or what may become one; a line's end is kept as `\n`. */
  readonly held: readonly string[];
  /** Category of a cut line whose rest has yet to come. */
  readonly open?: OutputCategory;
  /** The cut line whose rest has yet to come has held a message already; if nothing else comes, it was no empty line. */
  readonly hasSpoken?: boolean;
}

/** One stream of a script's output, between its lines. */
export class OutputStream {
  mode: Mode;
  open: OutputCategory | undefined;
  hasSpoken: boolean;
  #held: string[];
  #heldLength: number;

  constructor({ mode, held, open, hasSpoken = false }: StreamState) {
    this.hasSpoken = hasSpoken;
    this.mode = mode;
    this.open = open;
    this.#held = [...held];
    this.#heldLength = held.reduce((sum, piece) => sum + piece.length, 0);
  }

  state(): StreamState {
    const { mode, open, hasSpoken } = this;
    return { mode, held: [...this.#held], ...(open && { open }), ...(hasSpoken && { hasSpoken }) };
  }

  get heldLength(): number {
    return this.#heldLength;
  }
  /** It is surely inside a message, not only behind a few signs that may begin one. */
  get isInMessage(): boolean {
    return this.#heldLength >= MARK.length;
  }
  /** What it holds ends in the middle of a line. */
  get isCut(): boolean {
    return this.#held.at(-1)?.endsWith('\n') === false;
  }

  hold(piece: string): void {
    this.#held.push(piece);
    this.#heldLength += piece.length;
  }
  take(): string[] {
    this.#heldLength = 0;
    return this.#held.splice(0);
  }
}

/** Length of the end of a cut line that may be the beginning of `##octopus[`. */
export function possibleMark(text: string): number {
  for (let length = Math.min(MARK.length - 1, text.length); length > 0; length--)
    if (text.endsWith(MARK.slice(0, length))) return length;
  return 0;
}
