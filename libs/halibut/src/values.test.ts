import { expect, test } from 'vitest';
import { Guid, parseTimeSpan, timeSpan } from './values.ts';

test('a Guid travels with its first three groups swapped (halibut.md 3.5)', () => {
  const text = '00112233-4455-6677-8899-aabbccddeeff';
  const guid = Guid.parse(text);
  expect(Buffer.from(guid.bytes).toString('hex')).toBe('33221100554477668899aabbccddeeff');
  expect(guid.toString()).toBe(text);
  expect(() => Guid.parse('x')).toThrow(RangeError);
});

test.each([
  [5_000, '00:00:05'],
  [1_500, '00:00:01.5000000'],
  [2_147_483_647, '24.20:31:23.6470000'],
  [86_400_000, '1.00:00:00'],
  [-90_000, '-00:01:30'],
  [0, '00:00:00'],
])('%d ms is the TimeSpan %s, both ways (halibut.md 3.6)', (ms, text) => {
  expect(timeSpan(ms)).toBe(text);
  expect(parseTimeSpan(text)).toBe(ms);
});

test('a TimeSpan with fewer digits is read, and nonsense is not', () => {
  expect(parseTimeSpan('00:00:01.5')).toBe(1_500);
  for (const text of ['', '5', '1:2', 'x', '1.2.3:00:00']) expect(() => parseTimeSpan(text)).toThrow(RangeError);
});
