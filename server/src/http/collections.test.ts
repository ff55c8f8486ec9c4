import { type Paged } from '@octo/api';
import { expect, test } from 'vitest';
import { flag, list, number, paged, pageOf, paging, text } from './collections.ts';

const all = Array.from({ length: 65 }, (_, i) => i);
const asked = (query: Record<string, unknown>) => ({ itemType: 'Thing', path: '/api/things', query });

test.each([
  [{}, { skip: 0, take: 30 }],
  [
    { skip: '', take: '' },
    { skip: 0, take: 30 },
  ],
  [
    { SKIP: '5', Take: '7' },
    { skip: 5, take: 7 },
  ],
  [{ take: '2147483647' }, { skip: 0, take: 1_000 }],
  [{ skip: '99999999999999999999' }, { skip: 2_147_483_647, take: 30 }],
])('%j is read as %j: too much is cut, not refused (rest.md 1.7)', (query, window) => {
  expect(paging(query)).toEqual(window);
});

test('the pages of a collection name their neighbours, and a client that follows them sees all (rest.md 1.7)', () => {
  const seen: number[] = [];
  let next: string | undefined = '/api/things?take=30&partialName=a%26b';
  while (next !== undefined) {
    const query: Record<string, unknown> = Object.fromEntries(new URL(next, 'http://x').searchParams);
    expect(query['partialName']).toBe('a&b');
    const page: Paged<number> = pageOf(asked(query), all);
    seen.push(...page.items);
    next = page.links['Page.Next'];
  }
  expect(seen).toEqual(all);
});

test.each([
  [0, 30, ['Page.Next'], 3],
  [30, 30, ['Page.Next', 'Page.Previous'], 3],
  [60, 30, ['Page.Previous'], 3],
  [0, 65, [], 1],
  [500, 30, ['Page.Previous'], 3],
])('at %i of 65 by %i there is %j (rest.md 1.7)', (skip, take, neighbours, numberOfPages) => {
  const page = pageOf(asked({ skip: String(skip), take: String(take) }), all);
  expect(
    Object.keys(page.links)
      .filter((l) => l === 'Page.Next' || l === 'Page.Previous')
      .sort(),
  ).toEqual(neighbours);
  expect(page).toMatchObject({
    totalResults: 65,
    numberOfPages,
    lastPageNumber: numberOfPages - 1,
    itemsPerPage: take,
  });
});

test('an empty collection has one page, items and links (rest.md 1.7)', () => {
  const page = paged(asked({}), [], 0);
  expect(page).toMatchObject({ items: [], numberOfPages: 1, lastPageNumber: 0 });
  expect(Object.keys(page.links).sort()).toEqual(['Page.All', 'Page.Current', 'Page.Last', 'Self', 'Template']);
});

test('a list comes in one parameter or in several; an empty one asks for nothing special (rest.md 1.7)', () => {
  expect(list({ ids: 'A,B' }, 'ids')).toEqual(['A', 'B']);
  expect(list({ IDS: ['A', 'B,C'] }, 'ids')).toEqual(['A', 'B', 'C']);
  expect(list({ workerPoolIds: '' }, 'workerPoolIds')).toBeUndefined();
  expect(text({ name: ' w1 ' }, 'name')).toBe('w1');
});

test('a parameter of the wrong kind is refused by name', () => {
  const refused = (name: string) =>
    expect.objectContaining({ code: 'OCTO_API_QUERY', message: expect.stringContaining(name) as string }) as Error;
  expect(() => number({ take: '-1' }, 'take', 30)).toThrow(refused('take'));
  expect(() => flag({ isDisabled: 'maybe' }, 'isDisabled')).toThrow(refused('isDisabled'));
  expect([flag({ a: 'True' }, 'a'), flag({ a: 'false' }, 'a'), flag({}, 'a')]).toEqual([true, false, undefined]);
});
