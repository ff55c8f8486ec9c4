import { type Paged } from '@octo/api';
import { InputError } from '@octo/kernel';

export type Query = Readonly<Record<string, unknown>>;

/** A query parameter in any case of its name; empty counts as absent (rest.md 1.7). */
export function text(query: Query, name: string): string | undefined {
  const key = Object.keys(query).find((k) => k.toLowerCase() === name.toLowerCase());
  const value = key === undefined ? undefined : query[key];
  const one = Array.isArray(value) ? value.join(',') : value;
  return typeof one === 'string' && one.trim() !== '' ? one.trim() : undefined;
}
/** `ids=A,B` and `ids=A&ids=B` alike. */
export function list(query: Query, name: string): readonly string[] | undefined {
  return text(query, name)
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
export function flag(query: Query, name: string): boolean | undefined {
  const value = text(query, name)?.toLowerCase();
  if (value === undefined || value === 'true' || value === 'false') return value && value === 'true';
  throw new InputError('OCTO_API_QUERY', `${name} is true or false, not "${value}"`);
}

/** What a 32-bit client can say; more would be no row's place. */
const LARGEST = 2 ** 31 - 1;

export function number(query: Query, name: string, otherwise: number): number {
  const value = text(query, name);
  if (value === undefined) return otherwise;
  if (!/^\d+$/.test(value)) throw new InputError('OCTO_API_QUERY', `${name} is a whole number, not "${value}"`);
  return Math.min(Number(value), LARGEST);
}

/** More than this in one page is cut, not refused: clients ask for 2147483647 (rest.md 1.7). */
const LARGEST_PAGE = 1_000;

export interface Window {
  readonly skip: number;
  readonly take: number;
}
export function paging(query: Query): Window {
  return { skip: number(query, 'skip', 0), take: Math.min(number(query, 'take', 30), LARGEST_PAGE) };
}

/** What is asked of a collection: where it is, and the query, whose filters stay in the links to the other pages. */
export interface Asked {
  readonly itemType: string;
  readonly path: string;
  readonly query: Query;
}

/** The page that the query asks for, of a list that is whole at hand. */
export function pageOf<T>(asked: Asked, all: readonly T[]): Paged<T> {
  const { skip, take } = paging(asked.query);
  return paged(asked, all.slice(skip, skip + take), all.length);
}

/** The envelope of a collection (rest.md 1.7). `items`: this page's alone. */
export function paged<T>({ itemType, path, query }: Asked, items: readonly T[], total: number): Paged<T> {
  const { skip, take } = paging(query);
  const size = Math.max(take, 1);
  const numberOfPages = Math.max(1, Math.ceil(total / size));
  const last = numberOfPages - 1;
  const at = (from: number, count: number) => `${path}?${filters(query)}skip=${from}&take=${count}`;
  return {
    itemType,
    totalResults: total,
    itemsPerPage: take,
    numberOfPages,
    lastPageNumber: last,
    items,
    links: {
      Self: at(skip, take),
      Template: `${path}{?skip,take,ids,partialName}`,
      'Page.All': at(0, LARGEST),
      'Page.Current': at(skip, take),
      'Page.Last': at(last * size, take),
      ...(items.length > 0 && skip + items.length < total && { 'Page.Next': at(skip + size, take) }),
      ...(skip > 0 && { 'Page.Previous': at(Math.max(0, skip - size), take) }),
    },
  };
}

function filters(query: Query): string {
  return Object.entries(query)
    .filter(([name]) => !['skip', 'take'].includes(name.toLowerCase()))
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}&`)
    .join('');
}
