import { include, type Finder, type Span } from './spans.ts';

/** Characters in a block. */
const BLOCK = 32;
/** A block of fewer different characters (a ruler, blanks) tells nothing and would hit ordinary lines. */
const TELLING = 6;
const FACTOR = 0x01_00_01_93;
const LEAVING = power(FACTOR, BLOCK);

/**
 * Finds very long texts by their blocks of 32 characters, with a rolling hash, in one pass: a megabyte of secret costs
 * thirty thousand entries instead of a million states. A part of such a text is found, too, from two blocks on.
 */
export class BlockMatcher implements Finder {
  readonly #blocks = new Map<number, string[]>();

  constructor(texts: readonly string[]) {
    for (const text of texts) {
      const blocks = blocksOf(text);
      const telling = blocks.filter(isTelling);
      for (const block of telling.length > 0 ? telling : blocks) this.#add(block);
    }
  }

  find(text: string): { readonly spans: readonly Span[]; readonly open: number } {
    const spans: Span[] = [];
    let hash = 0;
    for (let at = 0; at < text.length; at++) {
      hash = (Math.imul(hash, FACTOR) + text.charCodeAt(at)) | 0;
      if (at >= BLOCK) hash = (hash - Math.imul(text.charCodeAt(at - BLOCK), LEAVING)) | 0;
      const begin = at + 1 - BLOCK;
      if (begin >= 0 && this.#blocks.get(hash)?.some((block) => text.startsWith(block, begin)))
        include(spans, begin, at + 1);
    }
    return { spans, open: Math.min(text.length, BLOCK - 1) };
  }

  #add(block: string): void {
    const hash = hashOf(block);
    const same = this.#blocks.get(hash);
    if (!same) this.#blocks.set(hash, [block]);
    else if (!same.includes(block)) same.push(block);
  }
}

/** Blocks that overlap by one character, so that finds come as one span, and the last one ends with the text. */
function blocksOf(text: string): readonly string[] {
  const blocks: string[] = [];
  for (let at = 0; at + BLOCK < text.length; at += BLOCK - 1) blocks.push(text.slice(at, at + BLOCK));
  blocks.push(text.slice(-BLOCK));
  return blocks;
}

/** Counts different characters by their lowest five bits, which is near enough and costs no set for each block. */
function isTelling(block: string): boolean {
  let seen = 0;
  let count = 0;
  for (let at = 0; at < block.length && count < TELLING; at++) {
    const bit = 1 << (block.charCodeAt(at) & 31);
    if ((seen & bit) === 0) count++;
    seen |= bit;
  }
  return count >= TELLING;
}

function hashOf(block: string): number {
  let hash = 0;
  for (let at = 0; at < block.length; at++) hash = (Math.imul(hash, FACTOR) + block.charCodeAt(at)) | 0;
  return hash;
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let n = 0; n < exponent; n++) result = Math.imul(result, base);
  return result;
}
