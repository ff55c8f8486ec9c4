import { Matcher } from './matcher.ts';

/** What stands in the log where a secret stood. */
export const STARS = '********';
/** Shorter secrets are not masked, or logs would be unreadable (R244); whoever adds one warns. */
export const SHORTEST_SECRET = 4;
/** Encoded forms shorter than this would hit ordinary words. */
const SHORTEST_ENCODED = 8;

/**
 * Replaces secrets in lines. Each line of a secret of several lines counts for itself, since logs are lines; so do the
 * base64, URL, JSON and XML forms of a secret (R245). Finished lines are never held back (R244).
 */
export class Mask {
  readonly #patterns = new Set<string>();
  readonly #carried = new Map<string, string>();
  #matcher: Matcher | undefined;
  #hits = 0;

  constructor(secrets: Iterable<string>) {
    for (const secret of secrets) this.add(secret);
  }

  /** False when the secret is too short to be masked. */
  add(secret: string): boolean {
    const parts = [secret, ...secret.split(/\r?\n/)].filter((p) => p.trim().length >= SHORTEST_SECRET);
    for (const part of parts) {
      this.#patterns.add(part);
      for (const form of encodedForms(part)) this.#patterns.add(form);
    }
    this.#matcher = undefined;
    return parts.length > 0;
  }

  /** How many secrets have been replaced so far. */
  get hits(): number {
    return this.#hits;
  }

  apply(text: string): string {
    return this.#replace(text, this.#find(text).spans);
  }

  /**
   * A piece of a line that was cut, in the order of its stream. While the line goes on (`continues`) only a possible
   * beginning of a secret is kept back, at most as long as the longest secret; the line's last piece releases it.
   */
  applyPiece(stream: string, text: string, continues: boolean): string {
    const whole = (this.#carried.get(stream) ?? '') + text;
    this.#carried.delete(stream);
    const { spans, open } = this.#find(whole);
    if (!continues) return this.#replace(whole, spans);
    const straddling = spans.find((s) => s.end > whole.length - open);
    const keepFrom = Math.min(whole.length - open, straddling?.begin ?? whole.length);
    this.#carried.set(stream, whole.slice(keepFrom));
    return this.#replace(
      whole.slice(0, keepFrom),
      spans.filter((s) => s.end <= keepFrom),
    );
  }

  #find(text: string) {
    this.#matcher ??= new Matcher(this.#patterns);
    return this.#matcher.find(text);
  }

  #replace(text: string, spans: readonly { readonly begin: number; readonly end: number }[]): string {
    if (spans.length === 0) return text;
    this.#hits += spans.length;
    let result = '';
    let copied = 0;
    for (const { begin, end } of spans) {
      result += text.slice(copied, begin) + STARS;
      copied = end;
    }
    return result + text.slice(copied);
  }
}

function encodedForms(secret: string): readonly string[] {
  const forms = [
    encodeURIComponent(secret.toWellFormed()),
    encodeURIComponent(secret.toWellFormed()).replaceAll('%20', '+'),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    ...base64Forms(secret),
  ];
  return forms.filter((form) => form !== secret && form.length >= SHORTEST_ENCODED);
}

/** The part of base64 that does not depend on what stands before and after, for each of the three alignments. */
function base64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const first = before === 0 ? 0 : before + 1;
    const isPartial = (before + bytes.length) % 3 !== 0;
    return text.slice(first, isPartial ? -1 : undefined);
  });
}
