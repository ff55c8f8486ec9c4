import { describe, expect, test } from 'vitest';
import { Mask, STARS } from './mask.ts';

const secret = 'p@ss "word" <1>';

describe('the mask', () => {
  test.each([
    ['plain', secret],
    ['base64', Buffer.from(secret).toString('base64').replace(/=+$/, '')],
    ['base64 behind one byte', Buffer.from(`u${secret}`).toString('base64')],
    ['base64 behind two bytes and before more', Buffer.from(`us${secret}:x`).toString('base64')],
    ['URL', encodeURIComponent(secret)],
    ['JSON', JSON.stringify(secret)],
    ['XML', 'p@ss &quot;word&quot; &lt;1&gt;'],
  ])('replaces the %s form (R245)', (_, form) => {
    const masked = new Mask([secret]).apply(`before ${form} after`);
    expect(masked).toMatch(/^before .*\*{8}.* after$/);
    expect(masked).not.toContain(form.slice(4, -4));
  });

  test('each line of a secret of several lines counts for itself', () => {
    const mask = new Mask(['-----BEGIN KEY-----\nabcdefgh\n}\n']);
    expect(mask.apply('x abcdefgh y')).toBe(`x ${STARS} y`);
    expect(mask.apply('}')).toBe('}');
  });

  test('short secrets are not masked, and add says so (R244)', () => {
    const mask = new Mask([]);
    expect(mask.add('1')).toBe(false);
    expect(mask.add('longer')).toBe(true);
    expect(mask.apply('1 longer')).toBe(`1 ${STARS}`);
  });

  test('secrets that overlap leave nothing of either', () => {
    expect(new Mask(['abcdef', 'defghi', 'abcd']).apply('[abcdefghi]')).toBe(`[${STARS}]`);
  });

  test('a secret is found at every cut of a line, and finished lines are whole (R244)', () => {
    const line = `head ${secret} tail ${secret.slice(0, 6)}`;
    for (let a = 0; a <= line.length; a++)
      for (let b = a; b <= line.length; b++) {
        const mask = new Mask([secret]);
        const pieces = [line.slice(0, a), line.slice(a, b), line.slice(b)];
        const shown = pieces.map((piece, n) => mask.applyPiece('StdOut', piece, n < 2)).join('');
        expect(shown).toBe(`head ${STARS} tail ${secret.slice(0, 6)}`);
      }
  });

  test('a megabyte against a thousand secrets is one pass', () => {
    const secrets = Array.from({ length: 1000 }, (_, n) => `secret-${n}-${n * 7919}`);
    const mask = new Mask(secrets);
    const text = `${'lorem ipsum dolor '.repeat(50_000)}${secrets[777]}`;
    expect(mask.apply(text).endsWith(STARS)).toBe(true);
    expect(mask.hits).toBe(1);
  });
});
