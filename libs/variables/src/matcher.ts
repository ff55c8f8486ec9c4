import { include, type Finder, type Span } from './spans.ts';

const ROOT = 0;

/**
 * Finds many texts at once in one pass (Aho–Corasick), linear in the text whatever the number and nature of the
 * patterns. States live in flat arrays, some 50 bytes for each character of the patterns, and not as objects: a
 * thousand secrets in all their forms are a quarter of a million states.
 */
export class Matcher implements Finder {
  /** Code units that begin a pattern. */
  readonly #begins = new Uint8Array(0x1_00_00);
  readonly #edges: Edges;
  readonly #depth: Int32Array;
  readonly #fail: Int32Array;
  /** Length of the longest pattern that ends in a state, by its own path or a suffix of it; 0 for none. */
  readonly #longest: Int32Array;

  constructor(patterns: readonly string[]) {
    const most = patterns.reduce((sum, pattern) => sum + pattern.length, 1);
    this.#edges = new Edges(most);
    this.#depth = new Int32Array(most);
    this.#fail = new Int32Array(most);
    this.#longest = new Int32Array(most);
    const parent = new Int32Array(most);
    const unit = new Uint16Array(most);
    const count = this.#grow(patterns, parent, unit);
    this.#link(byDepth(this.#depth.subarray(0, count)), parent, unit);
  }

  find(text: string): { readonly spans: readonly Span[]; readonly open: number } {
    const spans: Span[] = [];
    let state = ROOT;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (state === ROOT && this.#begins[unit] === 0) continue;
      state = this.#step(state, unit);
      const length = this.#longest[state] ?? 0;
      if (length > 0) include(spans, at + 1 - length, at + 1);
    }
    return { spans, open: this.#depth[state] ?? 0 };
  }

  /** Make a state for each beginning of each pattern; answers how many there are. */
  #grow(patterns: readonly string[], parent: Int32Array, unit: Uint16Array): number {
    let count = 1;
    for (const pattern of patterns) {
      let state = ROOT;
      for (let at = 0; at < pattern.length; at++) {
        const code = pattern.charCodeAt(at);
        let next = this.#edges.get(state, code);
        if (next === ROOT) {
          next = count++;
          this.#edges.set(state, code, next);
          this.#depth[next] = at + 1;
          parent[next] = state;
          unit[next] = code;
        }
        state = next;
      }
      this.#longest[state] = pattern.length;
      if (pattern !== '') this.#begins[pattern.charCodeAt(0)] = 1;
    }
    return count;
  }

  /** From shallow to deep: where a text goes on when it fits this path no more, but a suffix of it. */
  #link(states: Int32Array, parent: Int32Array, unit: Uint16Array): void {
    for (const state of states) {
      const depth = this.#depth[state] ?? 0;
      if (depth < 2) continue;
      const fail = this.#step(this.#fail[parent[state] ?? ROOT] ?? ROOT, unit[state] ?? 0);
      this.#fail[state] = fail;
      this.#longest[state] = Math.max(this.#longest[state] ?? 0, this.#longest[fail] ?? 0);
    }
  }

  #step(from: number, unit: number): number {
    for (let state = from; ; state = this.#fail[state] ?? ROOT) {
      const next = this.#edges.get(state, unit);
      if (next !== ROOT || state === ROOT) return next;
    }
  }
}

/** States in the order of their depth. */
function byDepth(depths: Int32Array): Int32Array {
  const first = new Int32Array(depths.reduce((a, b) => Math.max(a, b), 0) + 2);
  for (const depth of depths) first[depth + 1] = (first[depth + 1] ?? 0) + 1;
  for (let depth = 1; depth < first.length; depth++) first[depth] = (first[depth] ?? 0) + (first[depth - 1] ?? 0);
  const order = new Int32Array(depths.length);
  for (const [state, depth] of depths.entries()) {
    const at = first[depth] ?? 0;
    order[at] = state;
    first[depth] = at + 1;
  }
  return order;
}

/** A hash table of flat arrays, (state, code unit) -> state; no edge leads to the root, so 0 says that there is none. */
class Edges {
  readonly #mask: number;
  readonly #from: Int32Array;
  readonly #unit: Uint16Array;
  readonly #to: Int32Array;

  constructor(most: number) {
    const size = 2 ** Math.ceil(Math.log2(most * 2 + 2));
    this.#mask = size - 1;
    this.#from = new Int32Array(size);
    this.#unit = new Uint16Array(size);
    this.#to = new Int32Array(size);
  }

  get(from: number, unit: number): number {
    return this.#to[this.#slot(from, unit)] ?? ROOT;
  }
  set(from: number, unit: number, to: number): void {
    const slot = this.#slot(from, unit);
    this.#from[slot] = from;
    this.#unit[slot] = unit;
    this.#to[slot] = to;
  }

  /** Where that edge is, or would be. */
  #slot(from: number, unit: number): number {
    const hash = Math.imul(from, 0x9e_37_79_b1) ^ Math.imul(unit + 1, 0x85_eb_ca_6b);
    let slot = (hash ^ (hash >>> 15)) & this.#mask;
    while (this.#to[slot] !== ROOT && (this.#from[slot] !== from || this.#unit[slot] !== unit))
      slot = (slot + 1) & this.#mask;
    return slot;
  }
}
