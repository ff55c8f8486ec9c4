/** Where a pattern was found: from `begin` up to, not including, `end`. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

interface State {
  readonly next: Map<number, State>;
  /** Length of the text that leads here. */
  readonly depth: number;
  fail: State | undefined;
  /** Longest pattern that ends here, by this path or a suffix of it; 0 for none. */
  longest: number;
}

/**
 * Finds many texts at once in one pass (Aho–Corasick): linear in the text, whatever the number of patterns.
 * Overlapping finds come as one span.
 */
export class Matcher {
  readonly #root: State = { next: new Map(), depth: 0, fail: undefined, longest: 0 };
  readonly #isEmpty: boolean;

  constructor(patterns: Iterable<string>) {
    let isEmpty = true;
    for (const pattern of patterns) {
      if (pattern === '') continue;
      isEmpty = false;
      this.#add(pattern);
    }
    this.#isEmpty = isEmpty;
    this.#link();
  }

  /** `open` is the length of the end of the text that may be the beginning of a pattern. */
  find(text: string): { readonly spans: readonly Span[]; readonly open: number } {
    if (this.#isEmpty) return { spans: [], open: 0 };
    const spans: { begin: number; end: number }[] = [];
    let state = this.#root;
    for (let at = 0; at < text.length; at++) {
      state = this.#step(state, text.charCodeAt(at));
      if (state.longest > 0) include(spans, at + 1 - state.longest, at + 1);
    }
    return { spans, open: state.depth };
  }

  #add(pattern: string): void {
    let state = this.#root;
    for (let at = 0; at < pattern.length; at++) {
      const unit = pattern.charCodeAt(at);
      let next = state.next.get(unit);
      if (!next) {
        next = { next: new Map(), depth: at + 1, fail: undefined, longest: 0 };
        state.next.set(unit, next);
      }
      state = next;
    }
    state.longest = pattern.length;
  }

  #link(): void {
    const queue: State[] = [this.#root];
    for (const state of queue) {
      for (const [unit, next] of state.next) {
        next.fail = state === this.#root ? this.#root : this.#step(state.fail ?? this.#root, unit);
        next.longest = Math.max(next.longest, next.fail.longest);
        queue.push(next);
      }
    }
  }

  #step(from: State, unit: number): State {
    for (let state: State | undefined = from; state; state = state.fail) {
      const next = state.next.get(unit);
      if (next) return next;
    }
    return this.#root;
  }
}

/** Spans come with growing ends; one that reaches back over earlier ones swallows them. */
function include(spans: { begin: number; end: number }[], begin: number, end: number): void {
  let from = begin;
  for (let last = spans.at(-1); last && last.end > from; last = spans.at(-1)) {
    from = Math.min(from, last.begin);
    spans.pop();
  }
  spans.push({ begin: from, end });
}
