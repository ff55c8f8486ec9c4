import { expect, test } from 'vitest';
import { facts, table } from './table.ts';
import { wrap } from './wrap.ts';

test('lines end between words, and go on below their beginning', () => {
  const text = 'the first words of a sentence that is longer than the screen';
  expect(wrap(text, 50, 2)).toBe('the first words of a sentence that is longer\n  than the screen');
  expect(wrap(text, Infinity, 2)).toBe(text);
  expect(wrap(`${'x'.repeat(90)} y`, 60, 4)).toBe(`${'x'.repeat(90)}\n    y`);
});

test('a column that would have no room is left as it is', () => {
  expect(wrap('word '.repeat(20).trim(), 80, 50)).toBe('word '.repeat(20).trim());
});

test('why a worker is unfit stays within 80 columns, in tables and under each other', () => {
  const why = '127.0.0.1:22 has no room, or it may not be written [OCTO_X] (octo worker edit web-7 --folder PATH)';
  const shown = [
    table(['worker', 'health', 'why'], [['web-7', 'Unhealthy', why], ['b', 'Healthy', 'It answers']], 80),
    facts([['Status', 'Unhealthy'], ['', why]], 80),
  ]; // prettier-ignore
  for (const text of shown) {
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(why);
  }
  expect(table(['why'], [[why]], Infinity)).toBe(`WHY\n${why}`);
});
