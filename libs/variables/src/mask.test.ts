import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Carry, Mask, STARS } from './mask.ts';
import { Matcher } from './matcher.ts';

const secret = 'p@ss "word" <1> it\'s/&+';

/** What people see of a line that comes in pieces. */
function applyPieces(mask: Mask, pieces: readonly string[]): string {
  let carry: Carry | undefined;
  return pieces
    .map((piece, n) => {
      const masked = mask.applyPiece(piece, n < pieces.length - 1, carry);
      carry = JSON.parse(JSON.stringify(masked.carry ?? null)) ?? undefined; // as a record keeps it
      return masked.text;
    })
    .join('');
}

/** Numbers from 0 to 1, the same in each run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

describe('the mask', () => {
  test.each([
    ['plain', secret],
    ['base64', Buffer.from(secret).toString('base64').replace(/=+$/, '')],
    ['base64 behind one byte', Buffer.from(`u${secret}`).toString('base64')],
    ['base64 behind two bytes and before more', Buffer.from(`us${secret}:x`).toString('base64')],
    ['base64 for URLs', Buffer.from(secret).toString('base64url')],
    ['URL', encodeURIComponent(secret)],
    ['form', new URLSearchParams([['', secret]]).toString().slice(1)],
    ['JSON', JSON.stringify(secret)],
    ['JSON for HTML', 'p@ss \\"word\\" \\u003c1\\u003e it\\u0027s/\\u0026\\u002b'],
    ['XML', 'p@ss &quot;word&quot; &lt;1&gt; it&apos;s/&amp;+'],
    ['XML text', 'p@ss "word" &lt;1&gt; it\'s/&amp;+'],
    ['shell', `p@ss "word" <1> it'\\''s/&+`],
  ])('replaces the %s form (R245)', (_, form) => {
    const masked = new Mask([secret]).apply(`before ${form} after`);
    expect(masked).toMatch(/^before .{0,4}\*{8}.{0,5} after$/);
    expect(masked).not.toContain(form.slice(4, -5));
  });

  test('each line of a secret of several lines counts for itself, indented or not', () => {
    const mask = new Mask(['-----BEGIN KEY-----\r\n  abcdefgh\n}\n']);
    expect(mask.apply('x abcdefgh y')).toBe(`x ${STARS} y`);
    expect(mask.apply('}')).toBe('}');
    expect(mask.apply(JSON.stringify('-----BEGIN KEY-----\r\n  abcdefgh\n}'))).toBe(`"${STARS}"`);
  });

  test('short secrets are not masked, and add says so (R244)', () => {
    const mask = new Mask([]);
    expect(['1', '', '  1   ', 'abc'].map((each) => mask.add(each))).toEqual([false, false, false, false]);
    expect(mask.add('longer')).toBe(true);
    expect(mask.apply('1 abc longer')).toBe(`1 abc ${STARS}`);
  });

  test('secrets that overlap leave nothing of either; the longest counts; those side by side are two', () => {
    const mask = new Mask(['abcdef', 'defghi', 'abcd', 'bcdefgh1']);
    expect(mask.apply('[abcdefghi]')).toBe(`[${STARS}]`);
    expect(mask.apply('[abcdefgh1]')).toBe(`[${STARS}]`);
    expect(mask.apply('[abcdabcd]')).toBe(`[${STARS}${STARS}]`);
    expect(mask.hits).toBe(4);
  });

  test('what is added while a line is under way hides what comes from then on', () => {
    const mask = new Mask(['first-secret']);
    expect(mask.apply('second-secret')).toBe('second-secret');
    mask.add('second-secret');
    expect(mask.apply('first-secret second-secret')).toBe(`${STARS} ${STARS}`);
  });
});

describe('a line in pieces (R244)', () => {
  test('no secret survives any cut, and the pieces are what the whole line is', () => {
    const line = `head ${secret} tail ${secret.slice(0, 6)}`;
    for (let a = 0; a <= line.length; a++)
      for (let b = a; b <= line.length; b++) {
        const mask = new Mask([secret]);
        const shown = applyPieces(mask, [line.slice(0, a), line.slice(a, b), line.slice(b)]);
        expect(shown).toBe(`head ${STARS} tail ${secret.slice(0, 6)}`);
        expect(mask.hits).toBe(1);
      }
  });

  test('random secrets of few letters in random pieces: never a secret, always the whole line', () => {
    const random = numbers(42);
    const below = (limit: number) => Math.floor(random.next().value * limit);
    const word = (length: number, letters: string) =>
      Array.from({ length }, () => letters[below(letters.length)]).join('');
    for (let round = 0; round < 400; round++) {
      const letters = 'abc'.slice(0, 1 + (round % 3));
      const secrets = Array.from({ length: 1 + below(6) }, () => word(4 + below(8), letters));
      const line = word(below(120), `${letters}-`);
      const pieces: string[] = [];
      for (let at = 0; at < line.length;) pieces.push(line.slice(at, (at += below(9))));
      const whole = new Mask(secrets).apply(line);
      expect(applyPieces(new Mask(secrets), pieces.length > 0 ? pieces : [''])).toBe(whole);
      for (const each of secrets) expect(whole).not.toContain(each);
      expect(whole.replaceAll('*', '')).toBe(plainly(secrets, line));
    }
  });

  /** What is left of the line, found the slow way. */
  function plainly(secrets: readonly string[], line: string): string {
    const hidden = new Set<number>();
    for (const each of secrets)
      for (let at = line.indexOf(each); at >= 0; at = line.indexOf(each, at + 1))
        for (let n = 0; n < each.length; n++) hidden.add(at + n);
    return line
      .split('')
      .filter((_, at) => !hidden.has(at))
      .join('');
  }

  test('what is kept back is shorter than the longest short secret, however long the line', () => {
    const mask = new Mask(['----']);
    const { text, carry } = mask.applyPiece('-'.repeat(100_000), true);
    expect([text, carry?.text.length]).toEqual([STARS, 4]);
    expect(mask.applyPiece(`${'-'.repeat(9)} end`, false, carry)).toEqual({ text: ' end' });
  });
});

// What is not linear in these sizes does not end before the runner's limit.
describe('size', () => {
  test('a megabyte against a thousand secrets is one pass', () => {
    const secrets = Array.from({ length: 1_000 }, (_, n) => `secret-${n}-${n * 7_919}`);
    const mask = new Mask(secrets);
    mask.apply('built');
    const text = `${'lorem ipsum dolor secret-'.repeat(40_000)}${secrets[777]}`;
    const find = vi.spyOn(Matcher.prototype, 'find');
    onTestFinished(() => find.mockRestore());
    expect(mask.apply(text).endsWith(`-${STARS}`)).toBe(true);
    expect(find).toHaveBeenCalledTimes(1);
    expect(mask.hits).toBe(1);
  });

  test('eight thousand secrets announced one by one, a line after each', () => {
    const mask = new Mask([]);
    for (let n = 0; n < 8_000; n++) {
      mask.add(`value-${n}`);
      expect(mask.apply(`it is value-${n}.`)).toBe(`it is ${STARS}.`);
    }
  });

  test('a secret of a megabyte on one line is found whole, in part, encoded and in pieces', () => {
    const random = numbers(7);
    const long = Array.from({ length: 100_000 }, () => random.next().value.toString(36).slice(2, 12)).join('');
    const mask = new Mask([long]);
    expect(mask.apply(`a ${long} b`) === `a ${STARS} b`).toBe(true);
    expect(mask.apply(`${Buffer.from(long).toString('base64')} b`)).toMatch(/^\*{8}.{0,4} b$/);
    expect(mask.apply(long.slice(500_000, 501_000))).toMatch(/^\w{0,31}\*{8}\w{0,31}$/);
    const line = `a ${long} b`;
    const pieces = Array.from({ length: 17 }, (_, n) => line.slice(n * 65_536, (n + 1) * 65_536));
    expect(applyPieces(mask, pieces)).toBe(`a ${STARS} b`);
  });

  test('rulers and blanks in a long secret hide no rulers and blanks elsewhere; one of nothing else is hidden', () => {
    const long = `${'-'.repeat(200)}${' '.repeat(200)}${'the quick brown fox jumps over the lazy dog '.repeat(10)}`;
    expect(new Mask([long]).apply('-'.repeat(80))).toBe('-'.repeat(80));
    expect(new Mask([long]).apply(`<${long.trim()}>`)).toMatch(/^<-+ +\*{8}>$/);
    expect(new Mask(['-'.repeat(600)]).apply(`<${'-'.repeat(600)}>`)).toBe(`<${STARS}>`);
  });

  test('hostile secrets and texts take linear time', () => {
    const mask = new Mask([...Array.from({ length: 500 }, (_, n) => `${'a'.repeat(n + 4)}b`), `${'a'.repeat(5_000)}c`]);
    mask.apply('built');
    const text = 'a'.repeat(3_000_000);
    expect(mask.apply(text)).toBe(STARS); // it may be of the longest one
  });
});
