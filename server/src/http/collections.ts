import { toWire } from '@octo/api';
import { InputError } from '@octo/kernel';

export type Query = Readonly<Record<string, unknown>>;

/** A query parameter in any case of its name; empty counts as absent (rest.md 1.7). */
export function text(query: Query, name: string): string | undefined {
  const key = Object.keys(query).find((k) => k.toLowerCase() === name.toLowerCase());
  const value = key === undefined ? undefined : query[key];
  const one = Array.isArray(value) ? value.join(',') : value;
  return typeof one === 'string' && one.trim() !== '' ? one.trim() : undefined;
}
export function list(query: Query, name: string): readonly string[] | undefined {
  return text(query, name)
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
export function number(query: Query, name: string, otherwise: number): number {
  const value = text(query, name);
  if (value === undefined) return otherwise;
  if (!/^\d+$/.test(value)) throw new InputError('OCTO_API_QUERY', `${name} is a whole number, not "${value}"`);
  return Number(value);
}

/** More than this in one page is cut, not refused: clients ask for 2147483647 (rest.md 1.7). */
const LARGEST_PAGE = 1_000;
export function paging(query: Query): { readonly skip: number; readonly take: number } {
  return { skip: number(query, 'skip', 0), take: Math.min(number(query, 'take', 30), LARGEST_PAGE) };
}

/** The envelope of a collection (rest.md 1.7). */
export function paged(
  itemType: string,
  path: string,
  items: readonly object[],
  page: { readonly skip: number; readonly take: number; readonly total: number },
  query: Query = {},
): unknown {
  const { skip, take, total } = page;
  const size = Math.max(take, 1);
  const numberOfPages = Math.max(1, Math.ceil(total / size));
  const last = numberOfPages - 1;
  const at = (n: number) => `${path}?${keep(query)}skip=${n}&take=${take}`;
  return toWire({
    itemType,
    totalResults: total,
    itemsPerPage: take,
    numberOfPages,
    lastPageNumber: last,
    items,
    links: {
      Self: at(skip),
      Template: `${path}{?skip,take,ids,partialName}`,
      'Page.All': `${path}?skip=0&take=2147483647`,
      'Page.Current': at(skip),
      'Page.Last': at(last * size),
      ...(skip + items.length < total && items.length > 0 && { 'Page.Next': at(skip + size) }),
      ...(skip > 0 && { 'Page.Previous': at(Math.max(0, skip - size)) }),
    },
  });
}

/** The filters of a page stay in the links to its neighbours. */
function keep(query: Query): string {
  return Object.entries(query)
    .filter(([name]) => !['skip', 'take'].includes(name.toLowerCase()))
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}&`)
    .join('');
}
