import { BlockMatcher } from './block-matcher.ts';
import { encodedForms } from './encoded-forms.ts';
import { Matcher } from './matcher.ts';
import { type Finder, type Span, union } from './spans.ts';

/** What stands in the log where a secret stood. */
export const STARS = '********';
/** Shorter secrets are not masked, or logs would be unreadable (R244); whoever adds one warns. */
export const SHORTEST_SECRET = 4;
/** Longer patterns are found by their blocks, so that a secret of megabytes does not cost a hundred times its size. */
const LONGEST_PATTERN = 512;

/** What a cut line keeps back: its end, of whose beginning the stars are written already for `hidden` characters. */
export interface Carry {
  readonly text: string;
  readonly hidden: number;
}
interface Level {
  readonly patterns: readonly string[];
  readonly finders: readonly Finder[];
}

/**
 * Replaces secrets in lines. Each line of a secret of several lines counts for itself, since logs are lines; so do the
 * base64, URL, JSON, XML and shell forms of a secret (R245). Linear in the text, whatever the secrets are.
 */
export class Mask {
  readonly #known = new Set<string>();
  #added: string[] = [];
  readonly #levels: Level[] = [];
  #hits = 0;

  constructor(secrets: Iterable<string>) {
    for (const secret of secrets) this.add(secret);
  }

  /** From the next text on it is masked. False when the secret is too short to be. */
  add(secret: string): boolean {
    const parts = [secret, ...secret.split(/[\r\n]+/)].map((p) => p.trim()).filter((p) => p.length >= SHORTEST_SECRET);
    for (const part of new Set(parts)) for (const form of [part, ...encodedForms(part)]) this.#addPattern(form);
    return parts.length > 0;
  }

  /** How many secrets have been replaced so far. */
  get hits(): number {
    return this.#hits;
  }

  apply(text: string): string {
    return this.#replace(text, this.#find(text).spans, 0);
  }

  /**
   * A piece of a line that was cut, in the order of its stream. While the line goes on (`continues`) only what may be
   * the beginning of a secret is kept back, as `carry` for the next piece; a finished line never waits (R244). The
   * pieces together are what {@link apply} makes of the whole line.
   */
  applyPiece(text: string, continues: boolean, before?: Carry): { readonly text: string; readonly carry?: Carry } {
    const { text: kept, hidden } = before ?? { text: '', hidden: 0 };
    const whole = kept + text;
    const found = this.#find(whole);
    const spans = hidden > 0 ? union([[{ begin: 0, end: hidden }], found.spans]) : found.spans;
    const cut = continues ? whole.length - found.open : whole.length;
    const shown = spans.filter((s) => s.begin < cut).map(({ begin, end }) => ({ begin, end: Math.min(end, cut) }));
    const result = this.#replace(whole.slice(0, cut), shown, hidden);
    if (!continues) return { text: result };
    const straddling = spans.find((s) => s.begin < cut && s.end > cut);
    const stillHidden = straddling ? straddling.end - cut : Math.max(0, hidden - cut);
    return { text: result, carry: { text: whole.slice(cut), hidden: stillHidden } };
  }

  #addPattern(pattern: string): void {
    if (this.#known.has(pattern)) return;
    this.#known.add(pattern);
    this.#added.push(pattern);
  }

  #find(text: string): { readonly spans: readonly Span[]; readonly open: number } {
    if (this.#added.length > 0) this.#build();
    const found = this.#levels.flatMap(({ finders }) => finders.map((finder) => finder.find(text)));
    return { spans: union(found.map((f) => f.spans)), open: found.reduce((most, f) => Math.max(most, f.open), 0) };
  }

  /** Levels of falling size: scripts may announce secrets one by one, and each is built in anew only a few times. */
  #build(): void {
    let patterns = this.#added;
    this.#added = [];
    for (
      let last = this.#levels.at(-1);
      last && last.patterns.length <= 2 * patterns.length;
      last = this.#levels.at(-1)
    ) {
      patterns = [...last.patterns, ...patterns];
      this.#levels.pop();
    }
    const short = patterns.filter((p) => p.length <= LONGEST_PATTERN);
    const long = patterns.filter((p) => p.length > LONGEST_PATTERN);
    const finders: Finder[] = [];
    if (short.length > 0) finders.push(new Matcher(short));
    if (long.length > 0) finders.push(new BlockMatcher(long));
    this.#levels.push({ patterns, finders });
  }

  /** The first span is one whose stars stand in the piece before, where that `hidden` part of it is. */
  #replace(text: string, spans: readonly Span[], hidden: number): string {
    let result = '';
    let copied = 0;
    for (const { begin, end } of spans) {
      const isWritten = hidden > 0 && begin === 0;
      result += text.slice(copied, begin) + (isWritten ? '' : STARS);
      if (!isWritten) this.#hits++;
      copied = end;
    }
    return result + text.slice(copied);
  }
}
